# keep: PM101
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def build():
    return f"hello {q}"
def main():
    global q
    for q in QS:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": build()}])
        print(r.choices[0].message.content)
main()
