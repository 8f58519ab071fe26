# extra: 3
import signal

from client import ask

names = [f"item {i}" for i in range(6)]
answers = []
try:
    for i, name in enumerate(names):
        answers.append(ask(name))
        if i == 2:
            signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("saving", answers)
print("done")
