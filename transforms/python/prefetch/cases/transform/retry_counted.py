import openai

client = openai.OpenAI(max_retries=0)


def ask(text):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])


# What ends the tries is set anew for each item; what counts over all items ends none.
def label(rows: list[str]):
    fails = 0
    for row in rows:
        got = False
        tries = 0
        while not got and tries < 5:
            tries += 1
            try:
                reply = ask(row)
                got = True
            except openai.APIError as error:
                fails += 1
                print("again", error)
        print(row, tries, fails)


# None have been made when the first is.
def label_known(rows: list[str]):
    fails = 0
    for row in rows:
        tries = 0
        while True:
            if tries == 3:
                break
            try:
                reply = ask(row)
                break
            except openai.APIError as error:
                tries += 1
                fails += 1
                print("again", error)
        print(row, tries, fails)
