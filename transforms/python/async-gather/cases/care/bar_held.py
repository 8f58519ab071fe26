import requests
from tqdm import tqdm

names = open("names.txt").read().split()
texts = []
bar = tqdm(names)
for name in bar:
    bar.set_description(name)
    response = requests.get("https://example.org/" + name)
    texts.append(response.text)
print(texts)
