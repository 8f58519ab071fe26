# Nothing is printed: only what the function gives back tells.
from client import ask

names = [f"item {i}" for i in range(6)]


def main():
    answers = []
    for name in names:
        answers.append(ask(name))
    return answers


result = main()
print(len(result), "answers")
