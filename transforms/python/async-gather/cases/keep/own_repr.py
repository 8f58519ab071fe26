# keep: PM100
# Here the length of a question counts how often it was asked for.
import requests


class Question:
    def __init__(self, text):
        self.text = text
        self.asked = 0

    def __repr__(self):
        return f"Question({self.text}, {self.asked})"

    def __len__(self):
        self.asked += 1
        return self.asked


def main():
    questions = [Question("one"), Question("two"), Question("three")]
    questions.append(questions[0])
    for question in questions:
        answer = requests.get(f"http://data.example/{question.text}", params={"size": len(question)}).text
        print(question, answer, len(question))


if __name__ == "__main__":
    main()
