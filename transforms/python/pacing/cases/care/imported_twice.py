import json
import time

import requests
import time


def main():
    ids = json.load(open("ids.json"))
    papers = {}
    for paper in ids:
        papers[paper] = requests.get(f"https://api.example.org/paper/{paper}", timeout=30).json()
        time.sleep(1)
    json.dump(papers, open("papers.json", "w"))


if __name__ == "__main__":
    main()
