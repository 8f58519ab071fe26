# keep: PM118
# The stream is drawn from until a word is new: what was answered decides how often.
import csv

import numpy as np
import requests

rng = np.random.default_rng(7)
words = open("words.txt").read().split()


def main():
    with open("out.csv", "w") as out:
        writer = csv.writer(out)
        for n in range(100):
            chosen = rng.choice(words, 3)
            url = "http://example.org/" + "+".join(chosen)
            page = requests.get(url, timeout=9).text
            if not page:
                rng.shuffle(words)
            writer.writerow([n, url, len(page)])


main()
