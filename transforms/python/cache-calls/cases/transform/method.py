import json

import anthropic


class Judge:
    def __init__(self, model):
        self.client = anthropic.Anthropic()
        self.model = model

    def _complete(self, text):
        message = self.client.messages.create(
            model=self.model, max_tokens=64, messages=[{"role": "user", "content": text}]
        )
        return message.content[0].text

    def score(self, text):
        return int(self._complete("Score from 1 to 5: " + text))


def main():
    judge = Judge("claude-3-5-haiku-latest")
    texts = json.load(open("texts.json"))
    scores = {}
    for text in texts:
        scores[text] = judge.score(text)
    json.dump(scores, open("scores.json", "w"))


if __name__ == "__main__":
    main()
