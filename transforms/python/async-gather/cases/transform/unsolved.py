import json

from openai import OpenAI

client = OpenAI()


def plan(log):
    response = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"This game was lost. Write a plan for the next one.\n{log}"}],
    )
    return response.choices[0].message.content


def main():
    games = json.load(open("games.json"))
    plans = {}
    for i, game in enumerate(games):
        # only for what is lost and may be tried again
        if not game["solved"] and not game["skip"]:
            plans[i] = plan(game["log"])
    json.dump(plans, open("plans.json", "w"))


if __name__ == "__main__":
    main()
