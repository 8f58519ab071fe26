# keep: PM111
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
class Config:
    last = ""

def main():
    cfg = Config
    for q in QS:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + Config.last}])
        cfg.last = r.choices[0].message.content
    print(Config.last)

if __name__ == '__main__':
    main()
