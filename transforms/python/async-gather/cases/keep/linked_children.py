# keep: PM110
# A tree that is summed up from its leaves: each node holds its children.
import json

import openai

client = openai.OpenAI()


def ask(prompt: str) -> str:
    r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return r.choices[0].message.content


nodes = json.load(open("nodes.json"))
by_id = {}
for node in nodes:
    node["children"] = []
    by_id[node["id"]] = node
for node in nodes:
    if node["parent"] is not None:
        by_id[node["parent"]]["children"].append(node)
for node in reversed(nodes):
    below = " ".join(child.get("summary", "?") for child in node["children"])
    node["summary"] = ask(node["text"] + " " + below)
    print(node["summary"])
