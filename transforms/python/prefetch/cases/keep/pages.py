# keep: PM107
import time

import requests


def titles(urls: list[str]):
    found = {}
    for url in urls:
        tries = 0
        while tries < 5:
            try:
                # A call that is made in vain may have changed something.
                page = requests.post(url, timeout=30)
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
