import json

from openai import OpenAI


def main():
    client = OpenAI()
    with open("questions.jsonl") as f:
        texts = [json.loads(line)["question"] for line in f][:32]
    vectors = []
    for text in texts:
        text = text.replace("\n", " ")
        result = client.embeddings.create(model="text-embedding-3-small", input=[text])
        vectors.append(result.data[0].embedding)
    with open("vectors.json", "w") as f:
        json.dump(vectors, f)
    norm = sum(x * x for x in vectors[0]) ** 0.5
    print(len(vectors), len(vectors[0]), round(norm, 6))


if __name__ == "__main__":
    main()
