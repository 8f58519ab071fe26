from concurrent.futures import ThreadPoolExecutor

from client import ask


def pages():
    page = 0
    while True:
        page += 1
        with open("pages.txt", "a") as log:
            log.write(f"{page}\n")
        yield f"page {page}"
        if page == 6:
            return


with ThreadPoolExecutor(2) as pool:
    ahead = pool.submit(ask, "page 1")
    for i, page in enumerate(pages(), 1):
        reply, ahead = ahead, pool.submit(ask, f"page {i + 1}")
        answer = reply.result()
        print(answer)
        if page == "page 4":
            break
