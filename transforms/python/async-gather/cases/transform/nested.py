import functools

from openai import OpenAI


@functools.lru_cache(maxsize=None)
def evaluate(subject):
    client = OpenAI()
    questions = [f"{subject} {n}" for n in range(3)]
    total = 0
    for question in questions:
        response = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": question}])
        total += len(response.choices[0].message.content)
    return total


def report():
    def inner(words):
        client = OpenAI()
        rows = [w.upper() for w in words]
        for word in rows:
            r = client.embeddings.create(model="text-embedding-3-small", input=word)
            print(word, len(r.data[0].embedding))

    inner(["a", "b"])


print(evaluate("maths"))
report()
