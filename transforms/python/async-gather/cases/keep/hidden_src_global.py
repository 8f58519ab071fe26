# keep: PM116
import requests
TODO=["http://a/%d"%i for i in range(4)]
def enqueue(u):
    if len(TODO) < 8:
        TODO.append(u)
def main():
    for u in TODO:
        r = requests.get(u)
        print(u, r.text)
        enqueue("http://b/" + r.text)
main()
