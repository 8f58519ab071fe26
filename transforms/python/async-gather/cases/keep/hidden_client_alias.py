# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    c = client
    for i, q in enumerate(QS):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])
        print(r.choices[0].message.content)
        c.api_key = f"k{i}"

if __name__ == '__main__':
    main()
