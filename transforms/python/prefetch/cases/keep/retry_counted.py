# keep: PM101
# What ends the tries is carried from item to item: after five failures nothing more is asked.
import openai

client = openai.OpenAI(max_retries=0)


def ask(text):
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])


def by_condition(rows: list[str]):
    fails = 0
    for row in rows:
        got = False
        while not got and fails < 5:
            try:
                reply = ask(row)
                got = True
            except openai.APIError:
                fails += 1
        print(row, fails)


def by_guard(rows: list[str]):
    fails = 0
    for row in rows:
        for attempt in range(3):
            if fails > 4:
                break
            try:
                reply = ask(row)
                break
            except openai.APIError:
                fails += 1
        print(row, fails)


def by_budget(rows: list[str]):
    budget = 5
    for row in rows:
        got = False
        while not got:
            if budget == 0:
                break
            budget -= 1
            try:
                reply = ask(row)
                got = True
            except openai.APIError:
                print("again", row)
        print(row, budget)


def by_answer(rows: list[str]):
    stop = False
    for row in rows:
        got = False
        while not (got or stop):
            try:
                reply = ask(row)
                got = True
                if reply.choices[0].message.content == "enough":
                    stop = True
            except openai.APIError:
                print("again", row)
        print(row, stop)


def by_computed(rows: list[str]):
    failed = []
    for row in rows:
        enough = len(failed) > 4
        for attempt in range(3):
            try:
                if enough:
                    break
                reply = ask(row)
                break
            except openai.APIError:
                failed.append(row)
        print(row, len(failed))


class Stop(Exception):
    pass


spent = 0


def check():
    if spent > 4:
        raise Stop


def by_function(rows: list[str]):
    global spent
    for row in rows:
        for attempt in range(3):
            try:
                check()
                reply = ask(row)
                break
            except Stop:
                break
            except openai.APIError:
                spent += 1
        print(row, attempt)
