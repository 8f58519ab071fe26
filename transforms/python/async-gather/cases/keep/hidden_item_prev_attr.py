# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

class Node:
    def __init__(self, text):
        self.text, self.prev, self.summary = text, None, ""

def main():
    nodes = [Node(q) for q in QS]
    for a, b in zip(nodes, nodes[1:]):
        b.prev = a
    for node in nodes:
        before = node.prev.summary if node.prev else ""
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": before + node.text}])
        node.summary = r.choices[0].message.content
        print(node.summary)

if __name__ == '__main__':
    main()
