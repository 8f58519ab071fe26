from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


class Rejected(Exception):
    def __init__(self, name, answer):
        super().__init__(f"{name} was rejected")
        self.answer = answer


def work(name):
    answer = ask(name)
    if name == "item 2":
        raise Rejected(name, answer)
    return answer


if __name__ == "__main__":
    try:
        with ThreadPoolExecutor(3) as pool:
            for answer in pool.map(work, names):
                print(answer)
    except Rejected as error:
        print(error, error.answer)
