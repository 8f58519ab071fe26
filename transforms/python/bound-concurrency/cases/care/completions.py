import asyncio
import json
import os

from openai import AsyncOpenAI

client = AsyncOpenAI(api_key=os.environ["OPENAI_API_KEY"])


async def get_completion(prompt):
    try:
        response = await client.chat.completions.create(
            model="gpt-4o",
            messages=[
                {"role": "system", "content": "You turn a program into an exercise."},
                {"role": "user", "content": prompt},
            ],
        )
        return {"prompt": prompt, "exercise": response.choices[0].message.content}
    except Exception as error:
        return {"prompt": prompt, "error": str(error)}


async def process_prompts(prompts):
    tasks = [get_completion(prompt) for prompt in prompts]
    return await asyncio.gather(*tasks)


async def main():
    with open("programs.jsonl") as f:
        prompts = [json.loads(line)["text"] for line in f]
    results = await process_prompts(prompts)
    with open("exercises.json", "w") as f:
        json.dump(results, f, indent=2)


if __name__ == "__main__":
    asyncio.run(main())
