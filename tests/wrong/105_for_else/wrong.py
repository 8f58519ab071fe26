from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]


def asked(pool, wanted):
    return zip(names, pool.map(ask, [f"Is {name} {wanted}?" for name in names]))


with ThreadPoolExecutor(6) as pool:
    for wanted in ("item 3", "item 9"):
        for name, answer in asked(pool, wanted):
            if name == wanted:
                print("found in", answer)
                break
        print("nowhere")
