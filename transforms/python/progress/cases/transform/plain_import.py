# on request
import csv

import requests

with open("papers.csv", newline="") as f:
    papers = list(csv.DictReader(f))

with open("citations.csv", "w", newline="") as f:
    out = csv.writer(f)
    for paper in papers:
        response = requests.get(f"https://api.example.org/papers/{paper['doi']}", timeout=30)
        response.raise_for_status()
        out.writerow([paper["doi"], response.json()["citations"]])
