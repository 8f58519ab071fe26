import requests

urls = ["http://127.0.0.1:8000/%d" % n for n in range(5)]


def main():
    bodies = []
    for url in urls:
        # fetch one
        r = requests.get(
            url,
            timeout=5,
        )
        bodies.append(r.text)
    print("\n".join(bodies))


if __name__ == "__main__":
    main()
