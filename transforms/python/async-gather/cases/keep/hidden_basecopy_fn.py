# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
BASE = {"messages": [{"role": "user", "content": ""}]}
def base():
    return BASE

def main():
    for q in QS:
        payload = dict(base())
        payload["messages"][0]["content"] = q
        r = client.chat.completions.create(model="m", messages=payload["messages"])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
