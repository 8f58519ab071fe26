from concurrent.futures import ThreadPoolExecutor

from client import ask

tokens = {f"user {i}": f"token-{i}" for i in range(6)}
headers = {}
calls = []
for user, token in tokens.items():
    headers["Authorization"] = "Bearer " + token
    calls.append((f"What does {user} owe?", headers))
with ThreadPoolExecutor(6) as pool:
    for user, answer in zip(tokens, pool.map(lambda call: ask(call[0], headers=call[1]), calls)):
        print(user, answer)
