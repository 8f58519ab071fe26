# keep: PM115
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
class Loader:
    def items(self):
        for q in QS:
            print("loading", q)
            yield q

def main():
    loader = Loader()
    for q in loader.items():
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])
        print("got", r.choices[0].message.content)

if __name__ == '__main__':
    main()
