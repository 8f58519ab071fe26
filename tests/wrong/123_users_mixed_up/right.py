from concurrent.futures import ThreadPoolExecutor

from client import ask

tokens = {f"user {i}": f"token-{i}" for i in range(6)}
with ThreadPoolExecutor(6) as pool:
    calls = [pool.submit(ask, f"What does {user} owe?", headers={"Authorization": "Bearer " + token}) for user, token in tokens.items()]
    for user, call in zip(tokens, calls):
        print(user, call.result())
