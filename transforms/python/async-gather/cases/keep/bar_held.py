# keep: PM115
# How far the bar is, is asked in the loop.
import requests
from tqdm import tqdm

names = open("names.txt").read().split()
texts = []
bar = tqdm(names)
for name in bar:
    print(bar.n)
    response = requests.get("https://example.org/" + name)
    texts.append(response.text)
print(texts)
