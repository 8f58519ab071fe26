# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    nodes = [{"q": q, "answer": "", "parent": {}} for q in QS]
    for a, b in zip(nodes, nodes[1:]):
        b["parent"] = a
    for node in nodes:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": node["parent"].get("answer", "") + node["q"]}])
        node["answer"] = r.choices[0].message.content
        print(node["answer"])

if __name__ == '__main__':
    main()
