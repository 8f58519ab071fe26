# keep: PM110
import openai

client = openai.OpenAI()


from functools import partial

history = []
remember = partial(history.append)


def run(questions):
    for q in questions:
        r = client.chat.completions.create(model="gpt-4o-mini", messages=history + [{"role": "user", "content": q}])
        remember({"role": "assistant", "content": r.choices[0].message.content})
        print(len(history))
