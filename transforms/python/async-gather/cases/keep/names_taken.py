# keep: PM100
from openai import OpenAI

perfmod_runtime = None
ahead = None
client = OpenAI()


def main():
    for row in ["a", "b"]:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row}])
        print(answer.choices[0].message.content)


if __name__ == "__main__":
    main()
