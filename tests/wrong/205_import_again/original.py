from client import ask

names = [f"item {i}" for i in range(6)]


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


print("loading", flush=True)
for name in names:
    print(careful(name))
