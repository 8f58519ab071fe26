from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

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
        with ProcessPoolExecutor(3, mp_context=get_context("fork")) as pool:
            for answer in pool.map(work, names):
                print(answer)
    except Rejected as error:
        print(error, error.answer)
