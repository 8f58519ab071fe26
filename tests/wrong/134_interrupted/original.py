# Ctrl-C after the third answer: what is finished by then is kept.
# extra: 3
import signal

from client import ask

names = [f"item {i}" for i in range(6)]
kept = []
try:
    for i, name in enumerate(names):
        kept.append(ask(name))
        if i == 2:
            signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
print(len(kept), kept)
