# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    for q in QS:
        row = [None, None]
        view = [row]
        view[0].append(q)
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(row)}])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
