from client import ask

tokens = {f"user {i}": f"token-{i}" for i in range(6)}
for user, token in tokens.items():
    print(user, ask(f"What does {user} owe?", headers={"Authorization": "Bearer " + token}))
