# keep: PM116
import requests, heapq
def main():
    todo = ["http://a/%d"%i for i in range(4)]
    extra = ["http://b/x", "http://b/y", "http://b/z"]
    for u in todo:
        r = requests.get(u)
        print(u, r.text)
        if extra:
            heapq.heappush(todo, extra[0])
            extra = extra[1:]
main()
