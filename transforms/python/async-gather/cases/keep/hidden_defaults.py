# keep: PM100
# The list that `remember` keeps between its calls is reached from outside of it.
import requests


def remember(answer=None, kept=[]):
    return len(kept)


def ask(name):
    return requests.get("http://data.example/" + name).text


for name in ["a", "b", "c"]:
    answer = ask(f"{name}{remember()}")
    remember.__defaults__[1].append(answer)
    print(name, answer)
