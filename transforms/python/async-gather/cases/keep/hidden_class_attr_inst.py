# keep: PM111
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
class Mem:
    items = []

def main():
    a, b = Mem(), Mem()
    for q in QS:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(b.items)}])
        a.items.append(r.choices[0].message.content)
    print(b.items)

if __name__ == '__main__':
    main()
