# A checkpoint for each item: what is there when the program dies is what it had finished.
# extra: 2
import json
import sys

from client import ask

names = [f"item {i}" for i in range(6)]
done = {}
for name in names:
    answer = ask(name)
    if name == "item 3":
        sys.exit(f"no use: {answer}")
    done[name] = answer
    with open("done.json", "w") as out:
        json.dump(done, out)
