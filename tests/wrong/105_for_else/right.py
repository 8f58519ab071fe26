from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
with ThreadPoolExecutor(6) as pool:
    for name, answer in zip(names, pool.map(ask, names)):
        if name == "item 3":
            print("found in", answer)
            break
    else:
        print("nowhere")
