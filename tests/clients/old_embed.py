import json

import openai


def main():
    with open("questions.jsonl") as f:
        texts = [json.loads(line)["question"] for line in f][:32]
    vectors = []
    for text in texts:
        response = openai.Embedding.create(model="text-embedding-ada-002", input=text)
        vectors.append(response["data"][0]["embedding"])
    with open("vectors.json", "w") as f:
        json.dump(vectors, f)
    print(len(vectors), len(vectors[0]))


if __name__ == "__main__":
    main()
