# keep: PM105
from openai import OpenAI


def main():
    client = OpenAI()
    spent = 0
    while spent < 1000:
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Go on."}])
        spent += response.usage.total_tokens
        print(response.choices[0].message.content)


if __name__ == "__main__":
    main()
