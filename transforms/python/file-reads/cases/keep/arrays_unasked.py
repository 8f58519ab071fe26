# Nobody has asked for it.
# keep: nothing
import glob

import numpy as np

rows = []
for path in sorted(glob.glob("data/*.npy")):
    rows.append(np.load(path).mean(axis=0))
np.save("features.npy", np.stack(rows))
