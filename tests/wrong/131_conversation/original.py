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
    for side, talk in talks.items():
        for name in names[:3]:
            print(side, talk.say(f"{side} {name}"))


main()
