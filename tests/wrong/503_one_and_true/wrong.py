from concurrent.futures import ThreadPoolExecutor

from client import ask

values = (1, True, 1.0, 0, False)
with ThreadPoolExecutor(5) as pool:
    futures = {value: pool.submit(ask, f"is {value} a number?") for value in values}
    for value in values:
        print(value, futures[value].result())
