from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
for i, name in enumerate(names):
    answer = ask(name)
    answers.append(answer)
print(answers)
print("last:", i, name, answer)
