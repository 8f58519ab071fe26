# keep: PM109
# What was answered last is written to a file, through two functions that are told its name, and read for the next item.
import requests


def load(path):
    with open(path) as file:
        return file.read()


def save(path, text):
    with open(path, "w") as file:
        file.write(text)


def main():
    state = "last.txt"
    save(state, "")
    for name in ["a", "b", "c"]:
        text = requests.get("http://data.example/" + name, params={"after": load(state)}).text
        save(state, text)
        print(name, text)


main()
