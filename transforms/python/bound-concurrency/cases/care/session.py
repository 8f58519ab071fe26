import asyncio
import json

import aiohttp


async def fetch(session, url):
    async with session.get(url) as response:
        return await response.text()


async def main():
    urls = json.load(open("urls.json"))
    async with aiohttp.ClientSession() as session:
        tasks = []
        for url in urls:
            tasks.append(fetch(session, url))
        pages = await asyncio.gather(*tasks)
        tasks_of_heads = [asyncio.create_task(fetch(session, url + "/head")) for url in urls]
        heads = await asyncio.gather(*tasks_of_heads)
    print(len(pages), heads)


asyncio.run(main())
