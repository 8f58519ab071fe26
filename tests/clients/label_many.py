from openai import OpenAI

client = OpenAI(timeout=120)
texts = [f"Review {n}: arrived after {n} days, works." for n in range(300)]

labels = {}
for text in texts:
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"Positive or negative?\n{text}"}],
        temperature=0,
    )
    labels[text] = response.choices[0].message.content

for text, label in labels.items():
    print(label)
