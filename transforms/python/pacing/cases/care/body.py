import json
import time

import requests

DELAY = 0.5  # what the API allows


def main():
    ids = json.load(open("ids.json"))
    papers = {}
    for paper in ids:
        reply = requests.get(f"https://api.example.org/paper/{paper}", timeout=30)
        if reply.status_code == 200:
            papers[paper] = reply.json()
        # be polite
        time.sleep(DELAY)
    json.dump(papers, open("papers.json", "w"))


if __name__ == "__main__":
    main()
