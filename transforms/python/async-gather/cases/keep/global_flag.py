# keep: PM112
from openai import OpenAI

client = OpenAI()
failed = False


def ask(text):
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    return reply.choices[0].message.content


def get(text):
    global failed
    failed = False
    try:
        answer = ask(text)
    except OSError:
        failed = True
        answer = None
    if failed:
        return "ERR"
    return answer


def main():
    for row in open("rows.txt").read().splitlines():
        print(row, get(row))


main()
