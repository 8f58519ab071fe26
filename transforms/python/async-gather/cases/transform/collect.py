from openai import OpenAI

client = OpenAI()
PROMPTS = ["one", "two", "three"]


def label(text):
    return text.strip().lower()


def run_all(prompts):
    answers = []
    for prompt in prompts:
        response = client.chat.completions.create(
            model="gpt-4o-mini",
            messages=[{"role": "user", "content": prompt}],
        )
        answer = response.choices[0].message.content
        answers.append(
            {"prompt": prompt, "label": label(answer)}  # one row an item
        )
    return answers


def main():
    answers = run_all(PROMPTS)
    for row in answers:
        print(row)


if __name__ == "__main__":
    main()
