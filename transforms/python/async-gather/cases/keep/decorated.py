# keep: PM138
import timeout_decorator
from openai import OpenAI


@timeout_decorator.timeout(60)
def main():
    client = OpenAI()
    for word in ["a", "b", "c"]:
        r = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": word}])
        print(r.choices[0].message.content)


main()
