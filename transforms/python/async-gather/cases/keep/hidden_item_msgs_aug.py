# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    exs = [{"q": q, "messages": [{"role": "system", "content": "s"}]} for q in QS]
    for ex in exs:
        msgs = ex["messages"]
        msgs += [{"role": "user", "content": ex["q"]}]
        r = client.chat.completions.create(model="m", messages=msgs)
        print(r.choices[0].message.content, len(msgs))
    print(exs)

if __name__ == '__main__':
    main()
