# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
def rotate(i):
    client.api_key = f"k{i}"

def main():
    for i, q in enumerate(QS):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}])
        print(r.choices[0].message.content)
        rotate(i)

if __name__ == '__main__':
    main()
