# keep: PM101
import openai

client = openai.OpenAI()


def run(questions):
    last = ""
    for q in questions:
        assert q != last, q
        for attempt in range(3):
            try:
                messages = [{"role": "user", "content": f"{last}\n{q}"}]
                r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
                break
            except openai.APIError:
                print("again", attempt)
        last = r.choices[0].message.content
        print(last)
