# The function looks at the clock and sleeps for what is missing.
# keep: PM120, PM904
import json
import time

import requests

begun = 0.0


def throttle():
    global begun
    left = begun + 1 - time.monotonic()
    if left > 0:
        time.sleep(left)
    begun = time.monotonic()


def main():
    ids = json.load(open("ids.json"))
    papers = {}
    for paper in ids:
        papers[paper] = requests.get(f"https://api.example.org/paper/{paper}", timeout=30).json()
        throttle()
    json.dump(papers, open("papers.json", "w"))


if __name__ == "__main__":
    main()
