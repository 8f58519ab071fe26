# keep: PM132
import asyncio
import json

from openai import AsyncOpenAI

client = AsyncOpenAI()


async def judged(path, model="gpt-4o-mini"):
    """Each row with its verdict."""
    with open(path) as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        response = await client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": row["answer"] + "\nIs this right?"}],
            temperature=0,
        )
        yield row["id"], response.choices[0].message.content


async def main():
    with open("verdicts.csv", "w") as out:
        async for number, verdict in judged("rows.jsonl"):
            out.write(f"{number},{verdict}\n")


if __name__ == "__main__":
    asyncio.run(main())
