from concurrent.futures import ThreadPoolExecutor

from client import chat

names = [f"item {i}" for i in range(6)]
answers = {}


def cached(messages):
    key = messages[-1]["content"]
    if key not in answers:
        answers[key] = chat(messages)
    return answers[key]


for style in ("Be brief.", "Be kind."):
    asked = [[{"role": "system", "content": style}, {"role": "user", "content": name}] for name in names[:3]]
    with ThreadPoolExecutor(3) as pool:
        for answer in pool.map(cached, asked):
            print(answer)
