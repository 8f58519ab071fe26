from openai import OpenAI

client = OpenAI()
MODEL = "gpt-4o-mini"
names = ["Ada", "Grace", "Edsger"]

results = {}
for name in names:
    resp = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": f"Who is {name}?"}])
    results[name] = resp.choices[0].message.content
print(results)
