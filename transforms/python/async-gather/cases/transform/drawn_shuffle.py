from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
import random
random.seed(1)

def main():
    for q in QS:
        choices = [q + c for c in "abcd"]
        random.shuffle(choices)
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": str(choices)}])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
