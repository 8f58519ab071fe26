# keep: PM110
from openai import OpenAI
client = OpenAI()
QS = [f"question {i}" for i in range(8)]
HIST = []
class Log:
    def add(self, x):
        HIST.append(x)

def main():
    log = Log()
    for q in QS:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + str(HIST)}])
        log.add(r.choices[0].message.content)
    print(HIST)

if __name__ == '__main__':
    main()
