from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    print(ask(name, headers={"OpenAI-Organization": "org-1"}))
