from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
outer, inner = ThreadPoolExecutor(3), ThreadPoolExecutor(3)


def both(name):
    a = inner.submit(ask, f"for {name}")
    b = inner.submit(ask, f"against {name}")
    return a.result(), b.result()


for answers in outer.map(both, names[:3]):
    print(*answers)
