# Objects that share nothing: an average, and results that a method keeps in a list of its own.
import requests


class Average:
    def __init__(self):
        self.reset()

    def reset(self):
        self.total = 0
        self.count = 0

    def update(self, value, n=1):
        self.total += value * n
        self.count += n
        self.mean = self.total / self.count


class Result:
    def __init__(self, row, text):
        self.row = row
        self.text = text


class Runner:
    def __init__(self, url):
        self.url = url
        self.results = []
        self.average = Average()

    def ask(self, row: dict) -> Result:
        reply = requests.get(self.url, params={"q": row["question"]}, timeout=9)
        return Result(row["question"], reply.text)

    def run(self, rows: list[dict]):
        for row in rows:
            result = self.ask(row)
            self.results.append(result)
            self.average.update(len(result.text))
        return [result.text for result in self.results]


def main():
    rows = [{"question": "a"}, {"question": "b"}, {"question": "c"}]
    lengths = Average()
    for row in rows:
        text = requests.get("http://data.example/ask", params={"q": row["question"]}, timeout=9).text
        lengths.update(len(text))
    print(lengths.mean, len(Runner("http://data.example/ask").run(rows)))


main()
