# keep: PM110
# The loop only asks for a group, and that makes one; the calls of later items would see too few.
import collections

from openai import OpenAI

client = OpenAI()


def main():
    groups = collections.defaultdict(list)
    for name in ["a", "b", "c"]:
        answer = client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": f"{name}, group {len(groups)}"}]
        )
        print(len(groups[name]), answer.choices[0].message.content)


if __name__ == "__main__":
    main()
