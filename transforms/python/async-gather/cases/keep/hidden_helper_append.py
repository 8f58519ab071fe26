# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
def add_user(messages, q):
    messages.append({"role": "user", "content": q})

def main():
    for q in QS:
        messages = [{"role": "system", "content": "s"}]
        add_user(messages, q)
        r = client.chat.completions.create(model="m", messages=messages)
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
