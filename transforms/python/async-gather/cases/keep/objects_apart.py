# keep: PM110
# The method that is called behind the call keeps what the next call asks with.
import requests


class Average:
    def __init__(self):
        self.total = 0

    def update(self, value):
        self.total += value


class Runner:
    def __init__(self, url):
        self.url = url
        self.results = []
        self.average = Average()

    def ask(self, row: dict):
        query = row["question"] + str(self.average.total)
        return requests.get(self.url, params={"q": query}, timeout=9).text

    def run(self, rows: list[dict]):
        for row in rows:
            text = self.ask(row)
            self.results.append(text)
            self.average.update(len(text))
        return self.results


print(Runner("http://data.example/ask").run([{"question": "a"}, {"question": "b"}, {"question": "c"}]))
