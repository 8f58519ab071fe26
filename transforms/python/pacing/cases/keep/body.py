# The pause is as long as the answer says.
# keep: PM120, PM904
import json
import time

import requests


def main():
    ids = json.load(open("ids.json"))
    papers = {}
    for paper in ids:
        reply = requests.get(f"https://api.example.org/paper/{paper}", timeout=30)
        papers[paper] = reply.json()
        time.sleep(float(reply.headers["X-Pause"]))
    json.dump(papers, open("papers.json", "w"))


if __name__ == "__main__":
    main()
