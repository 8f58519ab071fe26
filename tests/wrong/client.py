"""What the pairs ask: an LLM's HTTP API, by the standard library alone."""

import json
import os
import urllib.request


def chat(messages, model="m", headers=None, **parameters):
    body = {"model": model, "messages": messages, **parameters}
    usual = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    url = "https://api.openai.com/v1/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {**usual, **(headers or {})})
    with urllib.request.urlopen(request) as response:
        return json.load(response)["choices"][0]["message"]["content"]


def ask(prompt, **parameters):
    return chat([{"role": "user", "content": prompt}], **parameters)
