from client import ask

names = [f"item {i}" for i in range(6)]
longest = ""


def report():
    print("longest:", longest)


for name in names:
    answer = ask(name)
    if len(answer) > len(longest):
        longest = answer
report()
