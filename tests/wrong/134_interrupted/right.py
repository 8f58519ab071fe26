import signal
from concurrent.futures import ThreadPoolExecutor

from client import ask

names = [f"item {i}" for i in range(6)]
kept = []
try:
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(ask, name) for name in names]
        for i, future in enumerate(futures):
            kept.append(future.result())
            if i == 2:
                signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
print(len(kept), kept)
