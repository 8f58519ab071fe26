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


def say(before, talk, text):
    if before is not None:
        before.result()
    return talk.say(text)


def main():
    talks = {"left": Conversation(), "right": Conversation()}
    said = []
    with ThreadPoolExecutor(6) as pool:
        for side, talk in talks.items():
            future = None
            for name in names[:3]:
                future = pool.submit(say, future, talk, f"{side} {name}")
                said.append((side, future))
        for side, future in said:
            print(side, future.result())


main()
