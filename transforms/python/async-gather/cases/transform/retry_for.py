from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]

def main():
    for q in QS:
        for attempt in range(3):
            try:
                r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])
                print(r.choices[0].message.content)
                break
            except Exception as e:
                print("retry", e)

if __name__ == '__main__':
    main()
