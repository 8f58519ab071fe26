import itertools

import openai

client = openai.OpenAI()


def run(wanted):
    kept = []
    for seed in itertools.count():
        messages = [{"role": "user", "content": f"Write riddle number {seed}."}]
        r = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        kept.append(r.choices[0].message.content)
        print(seed, len(kept))
        if len(kept) >= wanted:
            break
    return kept
