# keep: PM110
import json

from openai import OpenAI


def main():
    client = OpenAI()
    questions = json.load(open("questions.json"))
    for model in ["small", "large"]:
        for question in questions:
            response = client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": question["text"] + questions[0]["text"]}],
            )
            # the next model reads what this one has made of it
            question["text"] = response.choices[0].message.content
    print(questions)


if __name__ == "__main__":
    main()
