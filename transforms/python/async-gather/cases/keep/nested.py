# keep: PM132
from openai import OpenAI


def answers(questions):
    client = OpenAI()
    for question in ["a", "b"]:
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
        yield response.choices[0].message.content


for answer in answers(["a", "b"]):
    print(answer)
