from client import ask

names = [f"item {i}" for i in range(6)]
answers = []


def careful(prompt):
    try:
        return ask(prompt)
    except Exception:
        return f"no answer to {prompt}"


for name in names:
    answers.append((lambda text: careful(text.upper()))(name))
print(answers)
