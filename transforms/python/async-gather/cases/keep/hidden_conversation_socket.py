# keep: PM131
# A connection that all items talk over: an answer belongs to what was sent before.
import socket

import requests


def told(link, name):
    link.sendall(name.encode())
    return link.recv(100).decode()


def main():
    link = socket.create_connection(("data.example", 7))
    for name in ["a", "b", "c"]:
        print(requests.get("http://data.example/" + told(link, name)).text)


main()
