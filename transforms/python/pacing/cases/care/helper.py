import json
import time
import urllib.request


def fetch(name):
    time.sleep(3)  # arXiv asks for it
    with urllib.request.urlopen("http://export.arxiv.org/api/query?id_list=" + name) as reply:
        return reply.read().decode()


names = json.load(open("names.json"))
texts = []
for name in names:
    texts.append(fetch(name))
json.dump(texts, open("texts.json", "w"))
