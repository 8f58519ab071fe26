# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
HISTORY = []
def remember(a, h=HISTORY):
    h.append(a)

def main():
    for q in QS:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(HISTORY)}])
        remember(r.choices[0].message.content)
    print(HISTORY)

if __name__ == '__main__':
    main()
