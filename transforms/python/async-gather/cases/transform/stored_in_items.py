# Numbers that are put into the items, and what the loop makes for each of them.
from openai import OpenAI

client = OpenAI()


def ask(prompt):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content


totals = {"asked": 0}
rows = [{"q": "a"}, {"q": "b"}]
for row in rows:
    row["length"] = len(row["q"])
for row in rows:
    answer = ask(row["q"])
    totals["asked"] += 1
    result = {}
    result["answer"] = answer
    row["result"] = result
    row["asked"] = totals["asked"]
    result["length"] = len(answer)
print(rows, totals)
