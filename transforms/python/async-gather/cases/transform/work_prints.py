import requests


class Tool:
    def index(self, x):
        print("indexing", x)
        return x


def main():
    tool = Tool()
    for u in ["http://a/1", "http://a/2", "http://a/3"]:
        r = requests.get(tool.index(u))
        print(r.text)
main()
