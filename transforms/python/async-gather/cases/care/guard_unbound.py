import requests
def main():
    seen = set()
    for u in ["http://a/1", "http://a/2", "http://a/1"]:
        if u in seen:
            continue
        r = requests.get(u)
        set.add(seen, u)
        print(r.text)
main()
