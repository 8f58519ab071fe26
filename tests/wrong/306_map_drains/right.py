from concurrent.futures import ThreadPoolExecutor

from client import ask

with ThreadPoolExecutor(2) as pool:
    ahead = pool.submit(ask, "page 1")
    for page in range(1, 7):
        with open("pages.txt", "a") as log:
            log.write(f"{page}\n")
        reply, ahead = ahead, pool.submit(ask, f"page {page + 1}")
        print(reply.result())
        if page == 4:
            break
