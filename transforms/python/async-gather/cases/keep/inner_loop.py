# keep: PM101
from openai import OpenAI


def main():
    client = OpenAI()
    story = ""
    for seed in ["a", "b"]:
        story += seed
        for _ in range(5):
            r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": story}])
            story += r.choices[0].message.content
        print(story)


if __name__ == "__main__":
    main()
