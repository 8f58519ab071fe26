from concurrent.futures import ThreadPoolExecutor

from client import chat

names = [f"item {i}" for i in range(6)]
messages = [{"role": "system", "content": "Be brief."}]
with ThreadPoolExecutor(6) as pool:
    futures = [pool.submit(chat, [*messages, {"role": "user", "content": name}]) for name in names]
    for name, future in zip(names, futures):
        messages.append({"role": "user", "content": name})
        print(future.result())
        messages.pop()
