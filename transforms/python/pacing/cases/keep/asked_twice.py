# What is asked second sleeps as long as the first answer says.
# keep: PM120, PM904
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
    time.sleep(len(text))
    texts.append((text, fetch(name + str(len(texts)))))
json.dump(texts, open("texts.json", "w"))
