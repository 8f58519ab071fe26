# keep: PM304
from semanticscholar import SemanticScholar

ids = [1, 2, 3]
session = SemanticScholar()
for id in ids:
    print(session.search_paper(f"http://127.0.0.1:8000/items/{id}").json()["name"])
