# keep: PM116
import requests
seeds=["http://a/%d"%i for i in range(4)]
def expand(lst):
    if len(lst) < 8:
        lst.append("http://b/%d" % len(lst))
def main():
    todo = list(seeds)
    for u in todo:
        r = requests.get(u)
        print(u, r.text)
        expand(todo)
main()
