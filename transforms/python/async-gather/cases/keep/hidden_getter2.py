# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
STORE = {"u": []}
def history(u):
    return STORE[u]

def main():
    h = history("u")
    for q in QS:
        r = client.chat.completions.create(model="m", messages=STORE["u"] + [{"role": "user", "content": q}])
        h.append({"role": "assistant", "content": r.choices[0].message.content})
    print(STORE)

if __name__ == '__main__':
    main()
