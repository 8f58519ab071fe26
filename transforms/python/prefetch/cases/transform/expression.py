from openai import OpenAI

client = OpenAI()


def answer(question):
    reply = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": question}])
    return reply.choices[0].message.content


def check(rows: list[dict]):
    right = 0
    for row in rows:
        if row["gold"] and row["gold"] in answer("Q: " + row["question"]):
            right += 1
            print(row["id"], "right")
        elif not row["gold"]:
            print(row["id"], "has no answer")
    print(right)
