import time

import requests


def titles(urls: list[str]):
    found = {}
    for url in urls:
        if not url.startswith("http"):
            print("passed over:", url)
            continue
        tries = 0
        while tries < 5:
            try:
                page = requests.get(url, timeout=30)
                page.raise_for_status()
                break
            except requests.RequestException as error:
                tries += 1
                print(url, error)
                time.sleep(tries)
        if tries == 5:
            continue
        found[url] = page.text.partition("<title>")[2].partition("</title>")[0]
    return found
