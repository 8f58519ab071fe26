# extra: 2
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


for page in pages():
    answer = ask(page)
    print(answer)
    if page == "page 4":
        break
