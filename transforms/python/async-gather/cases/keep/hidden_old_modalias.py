# keep: PM111
import openai
KEYS=["a","b"]
def main():
    mod = openai
    for i in range(5):
        r = openai.ChatCompletion.create(model="m", messages=[{"role": "user", "content": str(i)}])
        print(r["choices"][0]["message"]["content"])
        mod.api_key = KEYS[i % 2]
main()
