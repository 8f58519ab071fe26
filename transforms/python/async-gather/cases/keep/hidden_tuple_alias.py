# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    for q in QS:
        messages, other = [], []
        for x in (messages, other):
            x.append({"role": "user", "content": q})
        r = client.chat.completions.create(model="m", messages=messages)
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
