# Where a handler ends, its name is gone: the second item prints that, and so does the line behind the loop.
import requests


def main():
    error = None
    for name in ["a", "b", "c"]:
        ok = False
        while not ok:
            try:
                text = requests.get("http://data.example/" + name, timeout=9).text
                ok = True
            except requests.Timeout as error:
                print("again", name, type(error).__name__)
        print(name, text)
    try:
        print(error)
    except NameError:
        print("gone")


main()
