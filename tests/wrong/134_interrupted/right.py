import signal
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
kept = []
try:
    with ThreadPoolExecutor(6) as pool:
        for i, answer in enumerate(pool.map(ask, names)):
            kept.append(answer)
            if i == 2:
                signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
print(len(kept), kept)
