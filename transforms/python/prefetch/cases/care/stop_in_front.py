import sys

import openai

client = openai.OpenAI()


def run(questions):
    for q in questions:
        prompt = f"Answer briefly: {q}"
        assert len(prompt) < 2000, q
        if not q.strip():
            print("an empty question")
            sys.exit(1)
        for attempt in range(3):
            try:
                r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
                break
            except openai.APIError:
                print("again", attempt)
        print(r.choices[0].message.content)
