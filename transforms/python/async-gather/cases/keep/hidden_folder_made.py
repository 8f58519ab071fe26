# keep: PM109
# Each item makes a folder, and the next request says how many there are.
import os

from openai import OpenAI

client = OpenAI()
for q in ["a", "b", "c"]:
    known = len(os.listdir("runs"))
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"{q} {known}"}])
    os.mkdir(os.path.join("runs", q))
    print(reply.choices[0].message.content)
