from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


class Asker:
    def __init__(self):
        self.n = 0


def finish(draft, n):
    return ask(f"{n}. {draft.result()}")


asker = Asker()
with ThreadPoolExecutor(6) as pool:
    drafts = [pool.submit(ask, name) for name in names[:3]]
    answers = [pool.submit(finish, draft, n) for n, draft in enumerate(drafts, 1)]
    for name, draft, answer in zip(names, drafts, answers):
        draft.result()
        asker.n += 1
        print(answer.result())
