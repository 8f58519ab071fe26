# keep: PM110
import requests
BASE = {"k": ""}


def base():
    return BASE


def main():
    for i in range(20):
        p = base()
        p["k"] = str(i)
        r = requests.get("http://a", params=p)
        print(r.text)


main()
