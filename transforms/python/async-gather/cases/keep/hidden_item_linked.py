# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    exs = [{"q": q, "context": ""} for q in QS]
    for a, b in zip(exs, exs[1:]):
        a["next"] = b
    exs[-1]["next"] = {}
    for ex in exs:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": ex["context"] + ex["q"]}])
        text = r.choices[0].message.content
        print(ex["q"], text)
        ex["next"]["context"] = text

if __name__ == '__main__':
    main()
