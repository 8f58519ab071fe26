from openai import OpenAI
client = OpenAI()
for q in ["a", "b"]: print(client.chat.completions.create(model="m", messages=[{"role": "user", "content": q}]))
