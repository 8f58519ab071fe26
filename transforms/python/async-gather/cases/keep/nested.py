# keep: PM101
from openai import OpenAI


def answers(questions):
    client = OpenAI()
    answer = ""
    for question in questions:
        response = client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": question + answer}]
        )
        answer = response.choices[0].message.content
        yield answer


for answer in answers(["a", "b"]):
    print(answer)
