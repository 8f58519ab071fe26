# Each plan is told the one before it.
# keep: PM101
import json

from openai import OpenAI

client = OpenAI()


def plan(log, last):
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"This game was lost. Write a plan for the next one, unlike {last}.\n{log}"}],
    )
    return response.choices[0].message.content


def main():
    games = json.load(open("games.json"))
    plans, last = {}, "none"
    for i, game in enumerate(games):
        # only for what is lost and may be tried again
        if not game["solved"] and not game["skip"]:
            last = plan(game["log"], last)
            plans[i] = last
    json.dump(plans, open("plans.json", "w"))


if __name__ == "__main__":
    main()
