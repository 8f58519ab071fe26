# keep: PM101
import json

from openai import OpenAI


def main():
    client = OpenAI()
    seeds = json.load(open("seeds.json"))
    story = []
    for number, seed in enumerate(seeds):
        story = story[-2:] + [f"{number}: {seed['text']}"]
        for _ in range(5):
            r = client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": "\n".join(story)}]
            )
            story.append(r.choices[0].message.content)
        print(story)


if __name__ == "__main__":
    main()
