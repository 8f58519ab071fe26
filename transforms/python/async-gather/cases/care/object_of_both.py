import argparse
import json

from openai import OpenAI

client = OpenAI()


class Searcher:
    def __init__(self, docs, retriever):
        self.docs, self.retriever = docs, retriever

    def search(self, question):
        return [doc for doc in self.docs if question[:9] in doc][:1]


class Reader:
    def __init__(self, args):
        self.args = args

    def ask(self, question, found):
        reply = client.chat.completions.create(
            model=self.args.model, messages=[{"role": "user", "content": f"{found} {question}"}]
        )
        return reply.choices[0].message.content


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--retriever", default="words")
    args = parser.parse_args()
    if "16k" in args.model:
        args.limit = 16384
    reader = Reader(args)
    items = json.load(open("questions.json"))
    for item in items:
        searcher = Searcher(item["docs"], args.retriever)
        item["answer"] = reader.ask(item["question"], searcher.search(item["question"]))
    print(json.dumps(items))


if __name__ == "__main__":
    main()
