# keep: PM120
import time
import json

from openai import OpenAI

client = OpenAI()


def ask_all():
	with open("data.json") as f:
		data = json.load(f)
	for ex in data:
		try:
			prompt = f"""Question:
	{ex["question"]}
		Answer in one word."""
			response = client.chat.completions.create(
				model="gpt-4o-mini",
				messages=[
					{"role": "system", "content": """You
are brief."""},
					{"role": "user", "content": prompt},
				],
			)
			time.sleep(1)
			print(response.choices[0].message.content)
		except KeyError:
			print("no question")


def main():
	ask_all()


if __name__ == "__main__":
	main()
