# keep: PM103
from openai import OpenAI

client = OpenAI()
names = ["Ada", "Grace", "Ada"]

budget = 1000
for name in names:
    if budget <= 0:
        continue
    resp = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": name}])
    budget -= resp.usage.total_tokens
print(budget)
