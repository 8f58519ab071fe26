# -*- coding: latin-1 -*-
# keep: PM118
import random

import openai

cafés = ["Café de Flore", "Caffè Florian"]

for name in cafés:
    prompt = "Où est %s ?" % random.choice(cafés)
    r = openai.Completion.create(model="gpt-3.5-turbo-instruct", prompt=prompt)
    print(name, random.random(), r["choices"][0]["text"])
