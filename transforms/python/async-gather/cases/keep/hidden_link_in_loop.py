# keep: PM110
import requests, json
data = json.loads('[{"u": "http://a/1", "h": []}, {"u": "http://a/2", "h": []}, {"u": "http://a/3", "h": []}]')
rest = data[1:] + data[:1]
for i, d in enumerate(data):
    r = requests.get(d["u"], params={"n": len(d["h"])})
    d["nx"] = rest[i]
    d["nx"]["h"].append(r.text)
