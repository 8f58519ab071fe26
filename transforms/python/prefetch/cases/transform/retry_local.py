# A failure that no handler expects ends the loop: nothing behind it is begun before that is seen.
import openai

client = openai.OpenAI(max_retries=0)


def main(rows: list[dict]):
    for row in rows:
        prompt = f"{row['text']}"
        for attempt in range(3):
            try:
                reply = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
                break
            except openai.RateLimitError:
                print("again", attempt)
        print(reply.choices[0].message.content)
