from client import ask

names = [f"item {i}" for i in range(6)]


def work(name, known=[]):
    answer = ask(f"{name} ({len(known)} known)")
    known.append(answer)
    return answer


for name in names:
    print(work(name))
