import json

from openai import OpenAI

SYSTEM = "You grade essays."


def main():
    client = OpenAI()
    essays = json.load(open("essays.json"))
    shots = [("good", "A"), ("bad", "F")]
    grades = {}
    for essay in essays:
        messages = [{"role": "system", "content": SYSTEM}]
        for text, grade in shots:
            messages.append({"role": "user", "content": text})
            messages.append({"role": "assistant", "content": grade})
        if essay.get("rubric"):
            messages.append({"role": "user", "content": "Rubric: " + essay["rubric"]})
        messages.append({"role": "user", "content": essay["text"]})
        response = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        grade = response.choices[0].message.content
        grades[essay["id"]] = grade
        messages.append({"role": "assistant", "content": grade})
        print(len(messages))
    print(grades)


if __name__ == "__main__":
    main()
