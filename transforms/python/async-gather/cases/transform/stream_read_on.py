# All that reads on in a file goes along with what the call needs of it.
from pathlib import Path

from openai import OpenAI

client = OpenAI()
for path in Path("dialogs").glob("*.txt"):
    f = open(path)
    f.readline()
    text = f.read()
    f.close()
    reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
    print(path.name, reply.choices[0].message.content)
