# keep: PM110
from openai import OpenAI
client = OpenAI()
PREFIX = "be brief"
def set_prefix():
    global PREFIX
    PREFIX = "be verbose"
def main():
    for q in ["a", "b", "c"]:
        r = client.chat.completions.create(model="m", messages=[{"role": "user", "content": PREFIX + q}])
        set_prefix()
        print(r.choices[0].message.content)
main()
