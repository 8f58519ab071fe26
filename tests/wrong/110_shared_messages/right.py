from concurrent.futures import ThreadPoolExecutor

from client import chat

names = [f"item {i}" for i in range(6)]
messages = [{"role": "system", "content": "Be brief."}]
with ThreadPoolExecutor(6) as pool:
    futures = []
    for name in names:
        messages.append({"role": "user", "content": name})
        futures.append(pool.submit(chat, list(messages)))
        messages.pop()
    for future in futures:
        print(future.result())
