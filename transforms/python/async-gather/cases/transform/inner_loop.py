import json

from openai import OpenAI


def main():
    client = OpenAI()
    subjects = json.load(open("subjects.json"))
    for subject, questions in subjects.items():
        correct = 0
        for question, answer in list(questions):
            r = client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": f"[{subject}] {question}"}],
            )
            correct += r.choices[0].message.content == answer
        print(subject, correct)


if __name__ == "__main__":
    main()
