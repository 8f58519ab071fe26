from client import chat

names = [f"item {i}" for i in range(6)]
for style in ("Be brief.", "Be kind."):
    for name in names[:3]:
        print(chat([{"role": "system", "content": style}, {"role": "user", "content": name}]))
