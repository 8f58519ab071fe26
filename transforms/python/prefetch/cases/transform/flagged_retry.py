import json
from time import sleep

import openai

questions = json.load(open("questions.json"))


def give_up():
    global answered
    answered = True


# The variable that ends the tries is set before there is an answer, and after a failure too.
for example in questions:
    prompt = "Q: " + example["question"]
    got_result = False
    while not got_result:
        try:
            got_result = True
            result = openai.Completion.create(engine="code-davinci-002", prompt=prompt, temperature=0.0, n=1)
        except Exception:
            sleep(3)
    print(example["id"], result["choices"][0]["text"])

# A function may end them at any time.
for example in questions:
    prompt = "A: " + example["question"]
    answered = False
    while not answered:
        try:
            result = openai.Completion.create(engine="code-davinci-002", prompt=prompt, temperature=0.0, n=1)
            answered = True
        except Exception:
            give_up()
    print(example["id"], result["choices"][0]["text"])
