# extra: 1
from client import ask

names = [f"item {i}" for i in range(6)]
spent, i = 0, 0
while spent < 90 and i < len(names):
    answer = ask(names[i])
    spent += 40
    i += 1
    print(answer)
print(spent)
