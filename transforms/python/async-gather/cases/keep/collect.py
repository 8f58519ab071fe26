# keep: PM110
from openai import OpenAI

client = OpenAI()


def main():
    answers = []
    for prompt in ["one", "two", "three"]:
        content = prompt + " after " + ", ".join(answers)
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": content}])
        answers.append(response.choices[0].message.content)
    print(answers)


if __name__ == "__main__":
    main()
