"""Each question is asked with the answer to the one before it."""
# keep: PM101
import json

from openai import OpenAI
from tqdm import tqdm


def main():
    client = OpenAI()
    with open("data.json") as f:
        data = json.load(f)
    previous = ""
    for i, ex in enumerate(tqdm(data)):
        prompt = previous + ex["question"]
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
        previous = response.choices[0].message.content
        print(i, previous)


if __name__ == "__main__":
    main()
