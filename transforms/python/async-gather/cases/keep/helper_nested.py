# keep: PM101
import openai

client = openai.OpenAI()


def summarize(doc):
    text = ""
    for chunk in doc.split("\n"):
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text + chunk}])
        text = r.choices[0].message.content
    return text


def main():
    docs = open("d.txt").read().split("\n\n")
    summary = ""
    for doc in docs:
        summary = summarize(summary + doc)
    print(summary)


if __name__ == "__main__":
    main()
