# Two calls that each sleep: what is asked for one item takes both, and items start that far apart.
import json
import time
import urllib.request


def fetch(name):
    time.sleep(3)
    with urllib.request.urlopen("http://export.arxiv.org/api/query?id_list=" + name) as reply:
        return reply.read().decode()


names = json.load(open("names.json"))
texts = []
for name in names:
    text = fetch(name)
    print(name, len(texts))
    texts.append((text, fetch(name + str(len(texts)))))
json.dump(texts, open("texts.json", "w"))
