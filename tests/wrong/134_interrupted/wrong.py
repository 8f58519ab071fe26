import signal
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
kept = []
try:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, names))
        signal.raise_signal(signal.SIGINT)
    kept = answers
except KeyboardInterrupt:
    print("interrupted")
print(len(kept), kept)
