# on request
import requests


def fetch(name):
    return requests.get("http://localhost/" + name, timeout=10).text


def main():
    with open("names.txt") as lines:
        names = lines.read().split()
    for name in names:
        text = fetch(name)
        more = fetch(text.strip())
        print(name, len(text), more)


if __name__ == "__main__":
    main()
