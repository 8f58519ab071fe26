from multiprocessing import get_context

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
    with get_context("fork").Pool(3) as pool:
        for answer in pool.imap(work, names):
            print(answer)
    print(count, "asked")
