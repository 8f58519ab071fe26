import json
from concurrent.futures import ThreadPoolExecutor

from openai import OpenAI

client = OpenAI()


def ask(question, model):
    response = client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}])
    return response.choices[0].message.content


def main():
    questions = json.load(open("questions.json"))
    answers = {}
    with ThreadPoolExecutor(max_workers=8) as executor:
        for question in questions:
            future = executor.submit(ask, question, model="m")
            try:
                answers[question] = future.result()
            except Exception as error:
                print(f"""no answer:
                {error}""")
        print(len(answers))
    json.dump(answers, open("answers.json", "w"))


main()
