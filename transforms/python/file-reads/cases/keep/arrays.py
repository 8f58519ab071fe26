# on request
# keep: PM101
import numpy as np

path = "data/first.npy"
rows = []
for number in range(100):
    data = np.load(path)
    path = f"data/{int(data[0])}.npy"
    rows.append(data.mean(axis=0))
np.save("features.npy", np.stack(rows))
