# keep: PM116
import requests
seeds=["http://a/%d"%i for i in range(4)]
def main():
    todo = list(seeds)
    queue = todo
    for u in todo:
        r = requests.get(u)
        print(u, r.text)
        if len(queue) < 8:
            queue.append("http://b/" + r.text)
main()
