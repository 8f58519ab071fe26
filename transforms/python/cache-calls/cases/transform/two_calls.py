import json

from openai import OpenAI

client = OpenAI()


def main():
    with open("data.jsonl") as f:
        data = [json.loads(line) for line in f]
    with open("out.jsonl", "w") as out:
        for ex in data:
            question = ex["question"].strip()
            # First the reasoning.
            first = client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "user", "content": question}],
            )
            thought = first.choices[0].message.content
            second = client.chat.completions.create(
                model="gpt-4o",
                messages=[{"role": "user", "content": f"""{question}
{thought}
So the answer is"""}],
            )  # then the answer
            answer = second.choices[0].message.content
            out.write(json.dumps({"question": question, "thought": thought, "answer": answer}) + "\n")


if __name__ == "__main__":
    main()
