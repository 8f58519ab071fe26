# keep: PM117
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
from itertools import islice

def main():
    it = iter(range(100))
    for q in QS:
        ctx = list(islice(it, 2))
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(ctx)}])
        print(r.choices[0].message.content)
        if "3" in q:
            break
    print("left", next(it))

if __name__ == '__main__':
    main()
