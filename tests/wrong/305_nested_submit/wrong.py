from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
pool = ThreadPoolExecutor(3)


def both(name):
    a = pool.submit(ask, f"for {name}")
    b = pool.submit(ask, f"against {name}")
    return a.result(), b.result()


for answers in pool.map(both, names[:3]):
    print(*answers)
