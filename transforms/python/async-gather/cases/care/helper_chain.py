import httpx
import time

client = httpx.Client(timeout=10)


def get(url):
    for attempt in range(3):
        try:
            r = client.get(url)
            r.raise_for_status()
            return r.json()
        except httpx.HTTPError:
            time.sleep(2 ** attempt)
    raise RuntimeError("gave up")


def name_of(url):
    data = get(url)
    return data["name"].strip()


def main():
    urls = open("p.txt").read().splitlines()
    with open("out.txt", "w") as out:
        for url in urls:
            out.write(name_of(url) + "\n")


if __name__ == "__main__":
    main()
