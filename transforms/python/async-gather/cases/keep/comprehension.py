# keep: PM904
import requests

groups = open("names.txt").read().split("\n\n")
pages = [requests.get("http://localhost/" + name).status_code for group in groups for name in group.split()]
print(pages)
