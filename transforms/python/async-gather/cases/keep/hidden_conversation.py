# keep: PM131
# The other program answers line by line, in the order in which it was asked.
import subprocess

import requests


def main():
    with subprocess.Popen(["tr", "a-z", "A-Z"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tool:
        answers = tool.stdout
        for name in ["a", "b", "c"]:
            tool.stdin.write(name + "\n")
            tool.stdin.flush()
            print(requests.get("http://data.example/" + answers.readline().strip()).text)


main()
