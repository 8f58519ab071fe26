# Callables that somebody else runs, and that change nothing of what the call reads.
import timeit

from openai import OpenAI

client = OpenAI()


def ask(prompt):
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return response.choices[0].message.content


times = []


def note():
    times.append(len(times))


for question in ["a", "b", "c"]:
    answer = ask(question)
    timeit.timeit(note, number=1)
    print(answer)

marks = []
timer = timeit.Timer(lambda: marks.append(1))
for question in ["a", "b", "c"]:
    answer = ask(question)
    timer.timeit(1)
    print(answer)
