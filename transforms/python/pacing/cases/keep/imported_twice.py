# Whichever of the two it is, it sleeps, and as long as the answer says.
# keep: PM120, PM904
import json

import requests

try:
    import gevent as time
except ImportError:
    import time


def main():
    ids = json.load(open("ids.json"))
    papers = {}
    for paper in ids:
        papers[paper] = requests.get(f"https://api.example.org/paper/{paper}", timeout=30).json()
        time.sleep(papers[paper]["pause"])
    json.dump(papers, open("papers.json", "w"))


if __name__ == "__main__":
    main()
