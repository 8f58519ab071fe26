# keep: PM110
from dataclasses import dataclass, field
from openai import OpenAI
client = OpenAI()
@dataclass
class Turn:
    q: str
    history: list = field(default_factory=list)
def main():
    hist = []
    turns = [Turn(f"q{i}", hist) for i in range(6)]
    for t in turns:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": t.q + str(t.history)}])
        h = t.history
        h.append(r.choices[0].message.content)
        print(r.choices[0].message.content)
main()
