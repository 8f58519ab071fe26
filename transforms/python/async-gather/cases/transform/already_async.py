import asyncio

import openai


async def judge(pairs: list) -> int:
    wins = 0
    for a, b in pairs:
        verdict = openai.ChatCompletion.create(
            model="gpt-4",
            messages=[{"role": "user", "content": f"Which is better?\n1. {a}\n2. {b}"}],
        )["choices"][0]["message"]["content"]
        wins += verdict.startswith("1")
    return wins
