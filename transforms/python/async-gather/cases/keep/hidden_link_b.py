# keep: PM110
import requests, json
data = json.loads('{"a": [{"u": "http://a/1", "h": []}, {"u": "http://a/2", "h": []}, {"u": "http://a/3", "h": []}]}')
last = data["a"][-1]["h"]
def main():
    for d in data["a"]:
        r = requests.get(d["u"], params={"n": len(d["h"])})
        d["all"] = {"x": [last]}
        d["all"]["x"][0].append(r.text)
main()
