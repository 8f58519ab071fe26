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


with ThreadPoolExecutor(6) as pool:
    for i, answer in enumerate(pool.map(ask, pages())):
        print(answer)
        if i == 3:
            break
