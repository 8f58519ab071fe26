# Quick back-translation check of the glossary.
from openai import OpenAI

client = OpenAI()
TERMS = ["gradient", "loss", "attention", "token", "head", "layer", "prompt", "sample", "bias", "batch", "epoch", "seed"]

replies = [
    client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"Translate into German: {term}"}],
        temperature=0,
    )
    for term in TERMS
]
for term, reply in zip(TERMS, replies):
    print(f"{term:>10}  {reply.choices[0].message.content}")
print(sum(reply.usage.total_tokens for reply in replies), "tokens")
