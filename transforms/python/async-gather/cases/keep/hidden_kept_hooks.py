# keep: PM110
import openai

client = openai.OpenAI()


history = []
hooks = []
hooks.append(history.append)
hooks.append(lambda message: history.append(message))


def run(questions):
    for q in questions:
        r = client.chat.completions.create(model="gpt-4o-mini", messages=history + [{"role": "user", "content": q}])
        for hook in hooks:
            hook({"role": "assistant", "content": r.choices[0].message.content})
        print(len(history))
