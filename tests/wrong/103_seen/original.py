from client import ask

names = ["item 1", "item 2", "item 1", "item 3", "item 2", "item 1"]
seen = set()
for name in names:
    if name in seen:
        continue
    print(ask(name))
    seen.add(name)
