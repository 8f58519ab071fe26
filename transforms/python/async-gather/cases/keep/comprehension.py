# keep: PM904
import requests

# the call decides which names there are, and is no part of what the list holds
names = open("names.txt").read().split()
there = [name for name in names if requests.get("http://localhost/" + name).status_code == 200]
print(there)
