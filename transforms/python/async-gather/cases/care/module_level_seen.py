from openai import OpenAI

client = OpenAI()
names = ["Ada", "Grace", "Ada"]

results = {}
for name in names:
    if name in results:
        continue
    resp = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": name}])
    results[name] = resp.choices[0].message.content
print(results)
