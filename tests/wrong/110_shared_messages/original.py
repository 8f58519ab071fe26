from client import chat

names = [f"item {i}" for i in range(6)]
messages = [{"role": "system", "content": "Be brief."}]
for name in names:
    messages.append({"role": "user", "content": name})
    print(chat(messages))
    messages.pop()
