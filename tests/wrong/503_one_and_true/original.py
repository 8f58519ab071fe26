from client import ask

for value in (1, True, 1.0, 0, False):
    print(value, ask(f"is {value} a number?"))
