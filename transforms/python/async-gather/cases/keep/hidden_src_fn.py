# keep: PM116
import requests
TODO=["http://a/%d"%i for i in range(4)]
def get_todo():
    return TODO
def main():
    for u in get_todo():
        r = requests.get(u)
        print(u, r.text)
        if len(TODO) < 8:
            TODO.append("http://b/" + r.text)
main()
