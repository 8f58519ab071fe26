# keep: PM110
# What changes what the call reads is a callable that somebody else runs, or a buffer that stands in the place of stdout.
import contextlib
import io
import timeit
from functools import partial

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content


class Child:
    def __init__(self, on_done):
        self.on_done = on_done

    def done(self, answer):
        self.on_done(answer)


class Parent:
    def __init__(self):
        self.seen = []
        self.child = Child(lambda answer: self.seen.append(answer))

    def ask(self, question):
        return ask(f"{question}{self.seen}")

    def run(self):
        for question in ["a", "b", "c"]:
            answer = self.ask(question)
            self.child.done(answer)


Parent().run()

times = []


def note():
    times.append(len(times))


for question in ["a", "b", "c"]:
    answer = ask(f"{question}{times}")
    timeit.timeit(note, number=1)
    print(answer)

marks = []
timer = timeit.Timer(lambda: marks.append(1))
for question in ["a", "b", "c"]:
    answer = ask(f"{question}{marks}")
    timer.timeit(1)
    print(answer)

last = {}
keep = partial(last.__setitem__, "answer")
for question in ["a", "b", "c"]:
    answer = ask(f"{question}{last}")
    keep(answer)

with contextlib.redirect_stdout(io.StringIO()) as printed:
    for question in ["a", "b", "c"]:
        answer = ask(question + printed.getvalue())
        print(answer)
