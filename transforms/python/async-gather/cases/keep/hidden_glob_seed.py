# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
N = 0
def bump():
    global N
    N += 1

def main():
    for q in QS:
        r = client.chat.completions.create(model="m", seed=N, messages=[{"role": "user", "content": q}])
        print(r.choices[0].message.content)
        bump()

if __name__ == '__main__':
    main()
