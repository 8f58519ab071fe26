# keep: PM117
from openai import OpenAI
client = OpenAI()
qs = iter(["a", "b"])
for q in qs: print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + next(qs)}]))
