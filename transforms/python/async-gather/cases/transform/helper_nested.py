import openai

client = openai.OpenAI()


def summarize(doc):
    parts = []
    for chunk in doc.split("\n"):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": chunk}])
        parts.append(r.choices[0].message.content)
    return " ".join(parts)


def main():
    docs = open("d.txt").read().split("\n\n")
    out = []
    for doc in docs:
        out.append(summarize(doc))
    print(out)


if __name__ == "__main__":
    main()
