import json

from openai import OpenAI

client = OpenAI()


def grade(question, answer):
    """One verdict, from the model."""
    response = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": f"{question}\n{answer}\nCorrect?"}],
        temperature=0,
    )
    return "yes" in response.choices[0].message.content.lower()


rows = json.load(open("answers.json"))
correct = 0
for row in rows:
    row["correct"] = grade(row["question"], row["answer"])
    correct += row["correct"]
print(correct / len(rows))
