# keep: PM103
import requests, json
data = json.loads('[{"u": "http://a/1", "h": [1]}, {"u": "http://a/2", "h": []}, {"u": "http://a/3", "h": []}]')
last = data[-1]
def main():
    for d in data:
        if d["h"]:
            print("skip")
            continue
        r = requests.get(d["u"])
        for d["peer"] in data:
            d["peer"]["h"].append(r.text)
main()
