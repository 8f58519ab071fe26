# keep: PM101
from openai import OpenAI

client = OpenAI()


def refined(models: list, questions: list):
    draft = ""
    for model in models:
        for question in questions:
            response = client.chat.completions.create(
                model=model, messages=[{"role": "user", "content": question + draft}]
            )
            draft = response.choices[0].message.content
    return draft


print(refined(["small", "large"], ["Why?", "How?"]))
