# on request
import json

import requests

names = json.load(open("names.json"))
for name in names:
    print(name, requests.get("http://localhost/" + name, timeout=10).status_code)
