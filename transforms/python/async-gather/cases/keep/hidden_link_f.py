# keep: PM110
import requests, json
data = json.loads('[{"u": "http://a/1", "h": []}, {"u": "http://a/2", "h": []}, {"u": "http://a/3", "h": []}]')
def main():
    box = [data[-1]["h"]]
    for d in data:
        r = requests.get(d["u"], params={"n": len(d["h"])})
        d["o"], x = box, 1
        d["o"][0] += [r.text]
main()
