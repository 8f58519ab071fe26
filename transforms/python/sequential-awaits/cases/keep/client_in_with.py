# How many connections may be open is not seen: of a client with limits of its own, or of one that may be it.
# keep: PM123
import asyncio

import httpx


async def fetch(client, name):
    answer = await client.get("/items", params={"name": name})
    return answer.json()["total"]


async def main(names: list):
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=5)) as client:
        for name in names:
            answer = await client.get("/items", params={"name": name})
            print(answer.text)
    async with httpx.AsyncClient() as one, httpx.AsyncClient(limits=httpx.Limits(max_connections=2)) as other:
        for name in names:
            print(await fetch(one, name))
        print(await fetch(other, "last"))


asyncio.run(main(["a", "b"]))
