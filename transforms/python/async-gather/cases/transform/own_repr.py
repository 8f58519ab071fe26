import requests


class Question:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"Question({self.text})"

    def __len__(self):
        return len(self.text)


def main():
    questions = [Question("one"), Question("two"), Question("three")]
    for question in questions:
        answer = requests.get(f"http://data.example/{question.text}", params={"size": len(question)}).text
        print(question, answer)


if __name__ == "__main__":
    main()
