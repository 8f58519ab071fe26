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


def main():
    talks = {"left": Conversation(), "right": Conversation()}
    with ThreadPoolExecutor(6) as pool:
        for side, talk in talks.items():
            for answer in pool.map(lambda name: talk.say(f"{side} {name}"), names[:3]):
                print(side, answer)


main()
