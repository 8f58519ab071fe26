import openai


def ask(messages):
    reply = openai.ChatCompletion.create(model="gpt-4", messages=messages)
    return reply["choices"][0]["message"]["content"]


def main():
    out = open("dialogues.txt", "w")
    for topic in open("topics.txt").read().split():
        messages = [{"role": "user", "content": topic}]
        for turn in range(3):
            text = ask(messages)
            messages.append({"role": "assistant", "content": text})
            messages.append({"role": "user", "content": "go on"})
        out.write(f"{topic} {messages}\n")
    out.close()


main()
