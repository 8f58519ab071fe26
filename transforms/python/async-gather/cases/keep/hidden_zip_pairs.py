# keep: PM110
from openai import OpenAI
client = OpenAI()


def main():
    exs = [{"q": str(i), "c": ""} for i in range(6)]
    for a, b in zip(exs, exs[1:]):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": a["q"] + a["c"]}])
        b["c"] = r.id
        print(r.id)


main()
