# keep: PM110
from collections import defaultdict
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
few = defaultdict(list)
def main():
    for q in QS:
        print(len(few))
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(few[q])}])
        print(r.choices[0].message.content)
main()
