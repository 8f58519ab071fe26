# keep: PM101
from openai import OpenAI

client = OpenAI()
last = ""


def build(question):
    return last + question


for question in ["a", "b", "c"]:
    prompt = build(question)
    resp = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
    last = resp.choices[0].message.content
    print(last)
