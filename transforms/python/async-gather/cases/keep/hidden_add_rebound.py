# keep: PM112
# `add` still leads to the list that stood in front of the loop, which the loop replaces by others.
import requests

names = ["a", "b", "c"]
asked = []
add = asked.append
first = asked


def ask(name):
    answer = requests.get("http://data.example/" + name).text
    add(answer)
    return answer


for name in names:
    asked = asked + [ask(name)]
print(first, asked)
