# keep: PM109
# The object opens the file, and asks how far it is written.
import csv
import os

import requests


class Table:
    def __init__(self, path):
        self.path = path
        self.file = open(path, "w", newline="", buffering=1)
        self.rows = csv.writer(self.file)

    def size(self):
        return os.path.getsize(self.path)

    def add(self, name, answer):
        self.rows.writerow([name, answer])


table = Table("answers.csv")
for name in ["a", "b", "c"]:
    answer = requests.get("http://data.example/" + name, params={"size": table.size()}).text
    table.add(name, answer)
