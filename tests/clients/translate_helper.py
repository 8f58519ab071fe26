# Quick back-translation check of the glossary.
from openai import OpenAI

client = OpenAI()
TERMS = ["gradient", "loss", "attention", "token", "head", "layer", "prompt", "sample", "bias", "batch", "epoch", "seed"]


def translate(term, language):
    r = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"Translate into {language}: {term}"}],
        temperature=0,
    )
    return r.choices[0].message.content


german = [translate(term, "German") for term in TERMS]
for term, word in zip(TERMS, german):
    print(f"{term:>10}  {word}")
print(len(german))
