# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    nodes = [{"q": q, "context": "", "children": []} for q in QS]
    for a, b in zip(nodes, nodes[1:]):
        a["children"].append(b)
    for node in nodes:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": node["context"] + node["q"]}])
        text = r.choices[0].message.content
        print(text)
        for child in node["children"]:
            child["context"] = text

if __name__ == '__main__':
    main()
