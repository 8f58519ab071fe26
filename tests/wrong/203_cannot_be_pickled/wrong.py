from multiprocessing import get_context

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        for answer in pool.imap(lambda text: careful(text.upper()), names):
            answers.append(answer)
    print(answers)
