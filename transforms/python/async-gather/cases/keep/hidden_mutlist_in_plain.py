# keep: PM110
from openai import OpenAI
client = OpenAI()
def main():
    extra = []
    for q in ["a", "b", "c"]:
        r = client.chat.completions.create(model="m", user=extra, messages=[{"role": "user", "content": q}])
        extra.append(q)
        print(r.choices[0].message.content)
main()
