# A lock is held around them.
# keep: PM129
import asyncio
import json

import aiohttp

lock = asyncio.Lock()


async def fetch(session, url):
    async with session.get(url) as response:
        return await response.text()


async def main():
    urls = json.load(open("urls.json"))
    async with aiohttp.ClientSession() as session, lock:
        pages = await asyncio.gather(*[fetch(session, url) for url in urls])
    print(len(pages))


asyncio.run(main())
