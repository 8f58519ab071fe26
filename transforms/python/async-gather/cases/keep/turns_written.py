# keep: PM109
# Each turn of a dialogue is written as it comes, to a file that is opened in front of the loop.
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
            out.write(f"{topic} {turn} {text}\n")
            messages.append({"role": "assistant", "content": text})
            messages.append({"role": "user", "content": "go on"})
    out.close()


main()
