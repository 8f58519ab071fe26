from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
try:
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(ask, name) for name in names]
        for name, future in zip(names, futures):
            answer = future.result()
            if name == "item 2":
                raise ValueError(name)
            with open(name.replace(" ", "_") + ".txt", "w") as out:
                out.write(answer)
except ValueError as error:
    print("stopped", error)
