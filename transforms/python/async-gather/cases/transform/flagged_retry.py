import json
from time import sleep

import openai
from tqdm import tqdm

with open("questions.json") as f:
    questions = json.load(f)

writer = open("answers.jsonl", "w")
for example in tqdm(questions):
    prompt = "Q: " + example["question"]
    if example["sampled"]:
        got_result = False
        while not got_result:
            try:
                result = openai.Completion.create(engine="code-davinci-002", prompt=prompt, temperature=0.0, n=1)
                got_result = True
            except Exception:
                sleep(3)
    else:
        # The same, but a variable that is unset as long as nothing came.
        result = None
        while result is None:
            try:
                result = openai.Completion.create(engine="code-davinci-002", prompt=prompt, temperature=0.0, n=1)
            except Exception as error:
                print(error)
                sleep(3)
    codes = [choice["text"] for choice in result["choices"]]
    example.update({"generated": codes, "question": prompt})
    writer.write(json.dumps(example) + "\n")
writer.close()
