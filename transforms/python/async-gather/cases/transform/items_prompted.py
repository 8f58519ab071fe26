import argparse
import json

import openai

client = openai.OpenAI()


def demo(row, prompt, shots=None, test=False):
    prompt = prompt.replace("{Q}", row["question"])
    if shots == 0:
        prompt = prompt.replace("{D}\n", "")
    if test:
        prompt = prompt.replace("{A}", "").rstrip()
    else:
        prompt = prompt.replace("{A}", "").rstrip() + "\n".join(row["answer"])
    return prompt


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--shots", type=int)
    parser.add_argument("--file")
    args = parser.parse_args()
    rows = json.load(open(args.file))
    head = ""
    for at in range(args.shots):
        head += demo(rows[at], prompt="Q: {Q}\nA:", shots=args.shots)
    for i, row in enumerate(rows):
        rows[i]["prompt"] = head + demo(row, prompt="Q: {Q}\nA:", shots=args.shots, test=True)
    for row in rows:
        reply = client.chat.completions.create(
            model="m", temperature=args.temperature, messages=[{"role": "user", "content": row["prompt"]}]
        )
        row["out"] = reply.choices[0].message.content
    print(rows)


main()
