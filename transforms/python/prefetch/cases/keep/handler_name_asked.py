# keep: PM101
# What was handled last is part of the next question.
import requests


def main():
    error = ""
    for name in ["a", "b", "c"]:
        try:
            text = requests.get("http://data.example/" + name, params={"after": error}, timeout=9).text
        except requests.Timeout as timeout:
            error = type(timeout).__name__
            continue
        print(name, text)


main()
