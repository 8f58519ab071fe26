# keep: PM110
import json

from openai import OpenAI


def main():
    client = OpenAI()
    messages = [{"role": "system", "content": "Be brief."}]
    for question in ["What?", "Why?", "How?"]:
        messages.append({"role": "user", "content": question})
        response = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        messages.append({"role": "assistant", "content": response.choices[0].message.content})
    print(json.dumps(messages))


if __name__ == "__main__":
    main()
