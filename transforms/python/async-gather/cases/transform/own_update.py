import json

import openai

turns = json.load(open("turns.json"))
for turn in turns:
    reply = openai.Completion.create(engine="code-davinci-002", prompt=turn["text"], temperature=0.0)
    turn.update(text=reply["choices"][0]["text"], asked=True)
json.dump(turns, open("turns.json", "w"))
