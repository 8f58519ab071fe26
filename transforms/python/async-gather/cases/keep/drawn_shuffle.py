# keep: PM110
# The list is one for all items: each is shuffled from the order that the one before has left.
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
import random
random.seed(1)

def main():
    choices = list("abcd")
    for q in QS:
        random.shuffle(choices)
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(choices)}])
        print(r.choices[0].message.content)

if __name__ == '__main__':
    main()
