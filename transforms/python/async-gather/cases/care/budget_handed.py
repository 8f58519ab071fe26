# What a library calls may raise, as what the loop itself calls.
import requests
import toolz

left = 3


def spend(text):
    global left
    left -= 1
    if left < 0:
        raise RuntimeError("budget")
    return text


def total(texts):
    return list(toolz.mapcat(spend, texts))


def main():
    for name in ["a", "b", "c", "d", "e"]:
        print(requests.get(f"http://data.example/{name}").text)
        print(total([name]))


try:
    main()
except RuntimeError as error:
    print("stop", error)
