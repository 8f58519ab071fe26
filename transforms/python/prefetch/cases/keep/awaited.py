# keep: PM101
import asyncio

from openai import AsyncOpenAI

client = AsyncOpenAI(max_retries=0)


async def summarise(papers: list[dict], gate):
    again = 0
    summaries = []
    for paper in papers:
        text = paper["abstract"]
        while True:
            try:
                # The body would hold the gate while it waits for a guess that waits for the gate.
                async with gate:
                    reply = await client.chat.completions.create(
                        model="gpt-4o",
                        messages=[{"role": "user", "content": "Summarise:\n" + text}],
                    )
                break
            except Exception as error:
                again += 1
                print("again:", error)
                await asyncio.sleep(1)
        summaries.append(reply.choices[0].message.content)
    print(again, "more tries")
    return summaries
