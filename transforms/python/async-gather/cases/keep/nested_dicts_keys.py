# keep: PM116
# The keys are objects that the loop changes.
from openai import OpenAI

client = OpenAI()


class Topic:
    def __init__(self, name):
        self.name = name


topics = [Topic(name) for name in open("topics.txt").read().split()]
answers = {topic: [] for topic in topics}
for topic in topics:
    response = client.chat.completions.create(model="m", messages=[{"role": "user", "content": topic.name}])
    for other in answers:
        other.name = response.choices[0].message.content
print(answers)
