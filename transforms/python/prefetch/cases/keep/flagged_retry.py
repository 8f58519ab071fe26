# keep: PM101
# Only the first item is asked of.
import json
from time import sleep

import openai

questions = json.load(open("questions.json"))
got_result = False
for example in questions:
    prompt = "Q: " + example["question"]
    while not got_result:
        try:
            result = openai.Completion.create(engine="code-davinci-002", prompt=prompt, temperature=0.0, n=1)
            got_result = True
        except Exception:
            sleep(3)
    print(example["id"], result["choices"][0]["text"])
