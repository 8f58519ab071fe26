# /// script
# requires-python = ">=3.9"
# dependencies = [
#     "openai>=1.0",
#     "tqdm",
# ]
# ///
"""Few-shot evaluation of a chat model on a four-option multiple-choice test set."""
import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

from tqdm import tqdm

from llm import ask

HERE = Path(__file__).parent
LETTERS = "ABCD"

PROMPT_TEMPLATE = """The following are multiple choice questions (with answers) about {subject}.

{examples}{question}

Reply with the letter of the correct option only."""


def load_jsonl(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def format_question(ex, include_answer=False):
    options = "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, ex["choices"]))
    text = f"Question: {ex['question']}\n{options}\nAnswer:"
    if include_answer:
        text += f" {ex['answer']}\n\n"
    return text


def build_prompt(ex, dev, shots):
    # only use few-shot examples from the same subject, like MMLU does
    same_subject = [d for d in dev if d["subject"] == ex["subject"]][:shots]
    return PROMPT_TEMPLATE.format(
        subject=ex["subject"].replace("_", " "),
        examples="".join(format_question(d, include_answer=True) for d in same_subject),
        question=format_question(ex),
    )


def extract_letter(text):
    # "The answer is (B)" first, otherwise the first letter that stands on its own
    m = re.search(r"(?i:answer)\s*(?i:is|:)?\s*\(?([A-D])\b", text) or re.search(r"\b([A-D])\b", text)
    return m.group(1) if m else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--data", type=Path, default=HERE / "data" / "questions.jsonl")
    parser.add_argument("--dev", type=Path, default=HERE / "data" / "dev.jsonl", help="few-shot examples")
    parser.add_argument("--out", type=Path, default=Path("predictions.jsonl"))
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--limit", type=int, default=None, help="only use the first N questions")
    args = parser.parse_args()

    dev = load_jsonl(args.dev)
    test = load_jsonl(args.data)[: args.limit]
    print(f"{args.model}: {len(test)} questions, {args.shots}-shot")

    correct, total = defaultdict(int), defaultdict(int)
    n_unparsed = 0
    with open(args.out, "w", encoding="utf-8") as out:
        for i, ex in enumerate(tqdm(test)):
            prompt = build_prompt(ex, dev, args.shots)
            reply = ask(prompt, args.model, args.tokens)
            pred = extract_letter(reply)
            if pred is None:
                n_unparsed += 1  # counts as wrong

            total[ex["subject"]] += 1
            if pred == ex["answer"]:
                correct[ex["subject"]] += 1
            else:
                acc = sum(correct.values()) / (i + 1)
                print(f"[{i}] {ex['id']}: got {pred}, expected {ex['answer']} (running acc {acc:.3f})")

            record = {"id": ex["id"], "subject": ex["subject"], "answer": ex["answer"], "pred": pred, "reply": reply}
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
            out.flush()

    print(f"\n{'subject':<20} {'n':>5} {'acc':>7}")
    for subject in sorted(total):
        print(f"{subject:<20} {total[subject]:>5} {correct[subject] / total[subject]:>7.1%}")
    overall = sum(correct.values()) / max(len(test), 1)
    print(f"{'overall':<20} {len(test):>5} {overall:>7.1%}")
    if n_unparsed:
        print(f"({n_unparsed} replies without an answer letter, counted as wrong)")


if __name__ == "__main__":
    main()
