from openai import OpenAI


def main():
    client = OpenAI()
    questions = [f"What is {n} squared?" for n in range(100)]
    for question in questions:
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
        text = response.choices[0].message.content
        if "stop" in text:
            break
        print(text)


if __name__ == "__main__":
    main()
