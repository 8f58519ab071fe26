from concurrent.futures import ThreadPoolExecutor

from client import chat

names = [f"item {i}" for i in range(6)]


class Conversation:
    """Keeps what was said, as an assistant's thread does."""

    def __init__(self):
        self.messages = []

    def say(self, text):
        self.messages.append({"role": "user", "content": text})
        answer = chat(self.messages)
        self.messages.append({"role": "assistant", "content": answer})
        return answer


def whole(pair):
    side, talk = pair
    return [f"{side} {talk.say(f'{side} {name}')}" for name in names[:3]]


talks = {"left": Conversation(), "right": Conversation()}
with ThreadPoolExecutor(6) as pool:
    for lines in pool.map(whole, talks.items()):
        print(*lines, sep="\n")
