# keep: PM115
import fileinput

import openai

client = openai.OpenAI()


def where():
    return f"{fileinput.filename()}:{fileinput.lineno()}"


def run():
    for line in fileinput.input():
        r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": line}])
        print(where(), r.choices[0].message.content)
