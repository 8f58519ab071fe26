# keep: PM101
import time
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    tries = 0
    for q in QS:
        for attempt in range(3):
            try:
                tries += 1
                r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"{tries}: {q}"}])
                print(r.choices[0].message.content)
                break
            except Exception as e:
                print("retry", e)
                time.sleep(1)

if __name__ == '__main__':
    main()
