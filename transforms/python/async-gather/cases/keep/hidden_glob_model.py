# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
MODEL = "a"
def fallback():
    global MODEL
    MODEL = "b"

def main():
    for q in QS:
        r = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": q}])
        print(r.choices[0].message.content)
        fallback()

if __name__ == '__main__':
    main()
