# What numpy before 2 does with an error is set for one thread, and so is torch's mode.
import numpy as np
import requests
import torch

np.seterr(divide="raise")


def share(name, size):
    try:
        part = np.float64(1) / np.float64(size)
    except FloatingPointError:
        part = 0
    return requests.get("http://data.example/" + name, params={"part": part}).text


for name, size in [("a", 1), ("b", 0)]:
    print(name, share(name, size))


def ask(name):
    return requests.get("http://data.example/" + name, params={"length": torch.ones(2).norm().item()}).text


@torch.no_grad()
def main():
    for name in ["a", "b"]:
        print(ask(name))


main()
