# keep: PM116
import heapq
import json

from openai import OpenAI


def main():
    client = OpenAI()
    rows = json.load(open("rows.json"))
    for row in rows:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": json.dumps(row)}])
        if r.choices[0].message.content:
            heapq.heappush(rows, row["next"])
    print(rows)


if __name__ == "__main__":
    main()
