# on request
# What another run may find otherwise: the environment, the arguments, a file, the folder.
# keep: PM908
import os
import sys
from os import environ
from pathlib import Path

import requests


def style():
    return os.environ.get("STYLE", "plain")


class Page:
    @property
    def model(self):
        return environ["MODEL"]


PAGE = Page()


def by_environment(name):
    return requests.get("http://localhost/" + os.environ["MODEL"] + name, timeout=10).text


def by_helper(name):
    return requests.get("http://localhost/" + style() + name, timeout=10).text


def by_getenv(name):
    return requests.get("http://localhost/" + os.getenv("MODEL", "small") + name, timeout=10).text


def by_arguments(name):
    return requests.get("http://localhost/" + sys.argv[1] + name, timeout=10).text


def by_file(name):
    return requests.get("http://localhost/" + open("prompt.txt").read() + name, timeout=10).text


def by_path(name):
    return requests.get("http://localhost/" + Path("prompt.txt").read_text() + name, timeout=10).text


def by_folder(name):
    return requests.get("http://localhost/" + os.getcwd() + name, timeout=10).text


def by_property(name):
    return requests.get("http://localhost/" + PAGE.model + name, timeout=10).text


def main():
    with open("names.txt") as lines:
        names = lines.read().split()
    for name in names:
        print(by_environment(name))
    for name in names:
        print(by_helper(name))
    for name in names:
        print(by_getenv(name))
    for name in names:
        print(by_arguments(name))
    for name in names:
        print(by_file(name))
    for name in names:
        print(by_path(name))
    for name in names:
        print(by_folder(name))
    for name in names:
        print(by_property(name))


if __name__ == "__main__":
    main()
