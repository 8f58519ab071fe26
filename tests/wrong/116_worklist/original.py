from client import ask

names = [f"item {i}" for i in range(6)]
todo = names[:3]
for name in todo:
    answer = ask(name)
    print(name, answer)
    if name.count("follow-up") < 1:
        todo.append(f"follow-up on {answer}")
