from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
answers = {}
for turn in range(2):
    with ThreadPoolExecutor(3) as pool:
        asked = {name: pool.submit(ask, name) for name in names[:3] if name not in answers}
        for name in names[:3]:
            if name not in answers:
                answers[name] = asked[name].result().split()
            words = list(answers[name])
            words.append(f"turn {turn}")
            print(words)
