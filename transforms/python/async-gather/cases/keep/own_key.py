# Another item's value is set, or read by the work; and of a list the items are no places.
# keep: PM116
import json

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


def chain(words: dict):
    for word in words:
        words[words[word]] = ask(word)


def looks(words: dict):
    for word in words:
        words[word] = ask(word + str(words))


def places(numbers: list):
    for number in numbers:
        numbers[number] = ask(str(number))


def aliased(words: dict):
    others = words
    for word in words:
        words[word] = ask(word + others["first"])


def main():
    chain(json.load(open("words.json")))
    looks(json.load(open("words.json")))
    places([2, 0, 1])
    aliased(json.load(open("words.json")))


if __name__ == "__main__":
    main()
