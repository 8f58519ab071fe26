# keep: PM101
from openai import OpenAI

client = OpenAI()
last = ""


def main():
    global last
    for question in ["a", "b", "c"]:
        content = last + question
        resp = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": content}])
        last = resp.choices[0].message.content
        print(last)


main()
