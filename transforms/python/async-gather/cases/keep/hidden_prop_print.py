# keep: PM100
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
class Row:
    def __init__(self, q):
        self.q = q
    @property
    def prompt(self):
        print("building", self.q)
        return self.q

def main():
    ds = [Row(q) for q in QS]
    for row in ds:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": row.prompt}])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
