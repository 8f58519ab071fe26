# keep: PM109
# The log goes to the file that the questions are made of.
import logging
from pathlib import Path

import requests

log = logging.getLogger("run")
log.setLevel(logging.INFO)
log.addHandler(logging.FileHandler("run.log"))


def ask(name):
    return requests.get("http://data.example/" + name, params={"log": Path("run.log").read_text()}).text


for name in ["a", "b", "c"]:
    answer = ask(name)
    log.info("%s: %s", name, answer)
