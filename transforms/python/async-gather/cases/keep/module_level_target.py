# keep: PM101
from openai import OpenAI

client = OpenAI()


def build():
    return "Who is " + name + "?"


for name in ["a", "b", "c"]:
    resp = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": build()}])
    print(resp.choices[0].message.content)
