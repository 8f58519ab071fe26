# keep: PM112
# What stands under one key, or under the key of a person, is no answer that is kept: it is asked with.
import requests

memory = {"last": ""}
said = {}


def ask(name):
    text = requests.get("http://data.example/" + name, params={"after": memory.get("last", "")}).text
    memory["last"] = text
    return text


def talk(person, name):
    before = said.get(person, "")
    text = requests.get("http://data.example/" + name, params={"after": before}).text
    said[person] = text
    return text


def main():
    for name in ["a", "b", "c"]:
        print(name, ask(name))
    for person, name in [("x", "a"), ("y", "b"), ("x", "c")]:
        print(name, talk(person, name))


main()
