import json
import os

import httpx


def main():
    base = os.environ["API_URL"]
    values = {}
    with httpx.Client(timeout=30, headers={"User-Agent": "survey/1.0"}) as client:
        for i in range(40):
            response = client.get(f"{base}/json/station-{i}")
            if response.status_code != 200:
                print("no station", i)
                continue
            record = json.loads(response.text)
            values[record["name"]] = record["value"]
            print(i, record["name"], record["value"])
    with open("stations.json", "w") as f:
        json.dump(values, f)
    print(max(values, key=values.get))


if __name__ == "__main__":
    main()
