# keep: PM110
# Neighbours are handed out in pairs: what is changed in the first is asked of the next call as the second.
import json

import openai

turns = json.load(open("turns.json"))
for after, before in zip(turns[1:], turns):
    reply = openai.Completion.create(engine="code-davinci-002", prompt=before["text"] + after["text"], temperature=0.0)
    after.update({"text": reply["choices"][0]["text"]})
json.dump(turns, open("turns.json", "w"))

# What all turns hold together is added to in place.
turns = json.load(open("turns.json"))
notes = []
for turn in turns:
    turn["notes"] = notes
for turn in turns:
    reply = openai.Completion.create(engine="code-davinci-002", prompt=turn["text"] + str(turn["notes"]), temperature=0.0)
    turn["notes"].append(reply["choices"][0]["text"])
