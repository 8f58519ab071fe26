# Waiting for an answer is no distance between calls.
# keep: nothing
import json
import time
import urllib.request


def fetch(name):
    for wait in (1, 2, 4):
        try:
            with urllib.request.urlopen("http://export.arxiv.org/api/query?id_list=" + name) as reply:
                return reply.read().decode()
        except OSError:
            time.sleep(wait)
    return ""


names = json.load(open("names.json"))
texts = []
for name in names:
    texts.append(fetch(name))
json.dump(texts, open("texts.json", "w"))
