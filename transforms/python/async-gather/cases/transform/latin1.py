# -*- coding: latin-1 -*-
import openai

cafés = ["Café de Flore", "Caffè Florian"]

for name in cafés:
    # où est-il ?
    prompt = "Où est %s ?" % name
    r = openai.Completion.create(model="gpt-3.5-turbo-instruct", prompt=prompt, max_tokens=20)
    print(name, "->".encode("utf-8") if False else r["choices"][0]["text"])
