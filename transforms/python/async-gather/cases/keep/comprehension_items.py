# keep: PM112
from openai import OpenAI

client = OpenAI()


def ask(row, question):
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": question}])
    # the row is that of other calls, too
    row["last"] = reply.choices[0].message.content
    return len(row["last"])


def main(rows: list, questions: list):
    print([ask(row, question) for row in rows for question in questions])
    print(rows)


main([{"last": ""}, {"last": ""}], ["Why?", "How?"])
