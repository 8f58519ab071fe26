# keep: PM116
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    exs = [{"q": q, "context": ""} for q in QS]
    for i, ex in enumerate(exs):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": ex["context"] + ex["q"]}])
        text = r.choices[0].message.content
        print(ex["q"], text)
        if i + 1 < len(exs):
            nxt = exs[i + 1]
            nxt["context"] = text

if __name__ == '__main__':
    main()
