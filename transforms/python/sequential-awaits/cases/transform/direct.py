import asyncio
import json

from openai import AsyncOpenAI


async def main():
    client = AsyncOpenAI()
    rows = json.load(open("rows.json"))
    for i, row in enumerate(rows):
        if row.get("skip"):
            continue
        try:
            response = await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": row["question"]}]
            )
        except Exception as error:
            print(i, error)
            continue
        row["answer"] = response.choices[0].message.content
        print(i, row["answer"])
    json.dump(rows, open("rows_out.json", "w"))


if __name__ == "__main__":
    asyncio.run(main())
