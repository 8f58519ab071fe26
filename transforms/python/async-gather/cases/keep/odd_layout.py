# keep: PM101
from openai import OpenAI
client = OpenAI()
last = ""
for q in ["a", "b"]: last = client.chat.completions.create(model="m", messages=[{"role": "user", "content": q + last}]).choices[0].message.content
