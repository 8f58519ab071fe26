# keep: PM116
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    docs = [{"q": q, "ctx": ["c"]} for q in QS]
    by_q = {d["q"]: d for d in docs}
    for d in docs:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": d["q"] + str(d["ctx"])}])
        by_q["question 5"]["ctx"].append(r.choices[0].message.content)

if __name__ == '__main__':
    main()
