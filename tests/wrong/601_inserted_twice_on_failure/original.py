# Only a server that fails shows it.
import urllib.error

from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    try:
        print(ask(f"insert {name}"))
    except urllib.error.HTTPError as error:
        print(name, "was refused:", error.code)
