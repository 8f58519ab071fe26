from client import ask

names = [f"item {i}" for i in range(6)]
count = 0


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


def work(name):
    global count
    answer = careful(name)
    count += 1
    return answer


if __name__ == "__main__":
    for name in names:
        print(work(name))
    print(count, "asked")
