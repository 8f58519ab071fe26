# keep: PM904
import openai


async def judge(pairs):
    async for a, b in pairs:
        verdict = openai.ChatCompletion.create(model="gpt-4", messages=[{"role": "user", "content": a + b}])
        print(verdict)
