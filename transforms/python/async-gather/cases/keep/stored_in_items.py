# keep: PM110
# Objects that are put into the items by the names of loops and variables, and that the call reads by their own.
from openai import OpenAI

client = OpenAI()


def ask(prompt):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content


def by_loop(rows, notes):
    for row in rows:
        row["notes"] = notes
    for item in rows:
        answer = ask(item["q"] + str(notes))
        item["notes"].append(answer)


notes = []
rows = [{"q": "a"}, {"q": "b"}]
for row in rows:
    row["notes"] = notes
for row in rows:
    answer = ask(row["q"] + str(notes))
    row["notes"].append(answer)

shared = {}
table = {"a": {"q": "a"}, "b": {"q": "b"}}
for entry in table.values():
    entry.update(seen=shared)
for key, entry in table.items():
    entry["seen"][key] = ask(key + str(shared))

marks = []
pairs = [{"q": "a", "meta": {}}, {"q": "b", "meta": {}}]
for number, pair in enumerate(pairs):
    meta = pair["meta"]
    meta["marks"] = marks
for pair in pairs:
    answer = ask(pair["q"] + str(marks))
    pair["meta"]["marks"].append(answer)

last = []
tasks = [{"q": "a"}, {"q": "b"}]
same = tasks
same.append({"q": "c", "last": last})
for task in tasks:
    answer = ask(task["q"] + str(last))
    task.get("last", []).append(answer)
