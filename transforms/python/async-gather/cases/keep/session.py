# What the session sends changes with each answer; and a client that threads may not share.
# keep: PM110, PM304
import json

import requests
import semanticscholar

session = requests.Session()
scholar = semanticscholar.SemanticScholar()


def main():
    urls = json.load(open("urls.json"))
    for url in urls:
        response = session.get(url, timeout=30)
        session.headers["Last"] = response.headers["ETag"]
        print(response.text)
    for url in urls:
        print(scholar.search_paper(url))


main()
