import httpx

ids = [1, 2, 3]


def main():
    with httpx.Client(base_url="http://127.0.0.1:8000", timeout=5) as client:
        for id in ids:
            r = client.get(f"/items/{id}")
            r.raise_for_status()
            print(r.json()["name"])


main()
