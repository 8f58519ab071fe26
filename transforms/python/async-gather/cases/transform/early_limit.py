from openai import OpenAI

LIMIT = 10


def main():
    client = OpenAI()
    questions = [f"What is {n} squared?" for n in range(100)]
    for i, question in enumerate(questions):
        if i >= LIMIT:
            break
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
        print(i, response.choices[0].message.content)


if __name__ == "__main__":
    main()
