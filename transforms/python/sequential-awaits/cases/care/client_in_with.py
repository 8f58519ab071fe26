# The limit of connections is the library's own, and the client is seen to be made without another.
import asyncio

import httpx


async def fetch(client, name):
    answer = await client.get("/items", params={"name": name})
    return answer.json()["total"]


async def main(names: list):
    total = 0
    async with httpx.AsyncClient(base_url="https://example.com") as client:
        for name in names:
            answer = await client.get("/items", params={"name": name})
            total += answer.json()["total"]
            print(name, total)
        for name in names:
            total += await fetch(client, name)
    print(total)


asyncio.run(main(["a", "b"]))
