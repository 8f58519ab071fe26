"""Questions to a chat model, asked again while the server is busy."""
import sys
import time

import openai

MAX_TRIES = 6

client = openai.OpenAI()  # OPENAI_API_KEY / OPENAI_BASE_URL


def ask(prompt, model, max_tokens):
    wait = 1
    for attempt in range(MAX_TRIES):
        try:
            response = client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": prompt}],
                temperature=0,
                max_tokens=max_tokens,
            )
            return response.choices[0].message.content or ""
        except openai.RateLimitError as error:
            if attempt + 1 == MAX_TRIES:
                raise
            print(f"rate limit, asking again in {wait} s ({error})", file=sys.stderr)
            time.sleep(wait)
            wait *= 2
