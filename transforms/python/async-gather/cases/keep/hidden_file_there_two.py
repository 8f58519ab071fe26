# keep: PM109
# Of several files that are asked for, the second is the one that the loop writes.
import os

import requests


def main():
    for name in ["a", "b", "c"]:
        size = os.path.getsize("fixed.txt")
        seen = os.path.exists("seen.flag")
        print(name, requests.get("http://data.example/" + name, params={"size": size, "seen": seen}).text)
        with open("log.txt", "a") as log:
            log.write(name)
        open("seen.flag", "w").close()


main()
