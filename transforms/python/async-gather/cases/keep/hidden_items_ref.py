# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    shared = {"n": 0}
    exs = [{"q": q, "meta": shared} for q in QS]
    for ex in exs:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": ex["q"] + str(ex["meta"]["n"])}])
        m = ex["meta"]
        m["n"] += 1
        print(r.choices[0].message.content)
    print(shared)

if __name__ == '__main__':
    main()
