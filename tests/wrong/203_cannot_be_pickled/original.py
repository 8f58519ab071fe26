from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
for name in names:
    answers.append((lambda text: ask(text.upper()))(name))
print(answers)
