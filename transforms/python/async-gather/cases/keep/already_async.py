# keep: PM115
import openai


async def judge(pairs):
    async for a, b in pairs:
        verdict = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": a + b}])
        print(verdict)


def lines(path):
    with open(path) as f:
        for line in f:
            r = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": line}])
            print(r)
