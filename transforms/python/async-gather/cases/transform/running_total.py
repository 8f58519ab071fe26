from openai import OpenAI


def main():
    client = OpenAI()
    total = 0
    totals = []
    for word in ["a", "b", "c"]:
        r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": word}])
        total = total + len(r.choices[0].message.content)
        totals.append(total)
    print(totals)


main()
