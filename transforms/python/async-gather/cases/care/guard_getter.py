import requests
SEEN = set()
def seen():
    return SEEN
def main():
    for u in ["http://a/1", "http://a/2", "http://a/1"]:
        if u in SEEN:
            continue
        r = requests.get(u)
        seen().add(u)
        print(r.text)
main()
