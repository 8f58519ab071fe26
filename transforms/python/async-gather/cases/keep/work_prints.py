# keep: PM109
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
class Conv:
    def format(self, q):
        print("formatting", q)
        return q

def main():
    conv = Conv()
    for i, q in enumerate(QS):
        msgs = conv.format(q)
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(msgs)}])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
