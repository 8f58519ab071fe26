# keep: PM904
# The call reads on in a file, and so does the loop behind it: one of them would have to begin anew.
from pathlib import Path

from openai import OpenAI

client = OpenAI()
for path in Path("dialogs").glob("*.txt"):
    f = open(path)
    first = f.readline()
    reply = client.audio.transcriptions.create(model="m", file=f)
    print(first, reply.text, f.tell())
