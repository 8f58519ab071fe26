# on request
# keep: PM101
import json

import requests

name = json.load(open("name.json"))
for number in range(1000):
    name = requests.get("http://localhost/" + name, timeout=10).text
    print(number, name)
