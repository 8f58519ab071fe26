# A question that the server finds bad stays bad.
import urllib.error

from client import ask

names = [f"item {i}" for i in range(6)]
for name in names:
    try:
        print(ask(name))
    except urllib.error.HTTPError as error:
        print("HTTP", error.code)
        if error.code == 500:
            print(ask(name + ", again"))
