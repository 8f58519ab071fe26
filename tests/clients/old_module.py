import json

import openai

names = ["Ada", "Blaise", "Carl", "Dorothy", "Emmy", "Felix", "Grace", "Henri", "Ivan", "Julia", "Kurt", "Leonhard"]

birthplaces = {}
for name in names:
    completion = openai.ChatCompletion.create(
        model="gpt-4",
        messages=[{"role": "user", "content": f"Where was the mathematician {name} born?"}],
    )
    birthplaces[name] = completion.choices[0].message.content
    print(name, "->", birthplaces[name])

json.dump(birthplaces, open("birthplaces.json", "w"))
