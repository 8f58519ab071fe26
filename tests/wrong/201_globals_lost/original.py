from client import ask

names = [f"item {i}" for i in range(6)]
count = 0


def work(name):
    global count
    answer = ask(name)
    count += 1
    return answer


if __name__ == "__main__":
    for name in names:
        print(work(name))
    print(count, "asked")
