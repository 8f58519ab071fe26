# A key that is not there yet: the dict may not grow while it is gone through.
# keep: PM116
import json

from openai import OpenAI

client = OpenAI()


def main():
    answers = json.load(open("answers.json"))
    for question in answers:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
        answers[question + "?"] = r.choices[0].message.content
    print(answers)


if __name__ == "__main__":
    main()
