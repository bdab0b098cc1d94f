"""How often a model finds the chosen side of a comparison more probable.

likelihood.py sides PAIRS TEXTS      writes each pair as two texts
likelihood.py accuracy LOGPROBS      compares the sums of the log-probabilities, and their means
"""
import json
import sys


def sides(pairs, texts):
    with open(pairs, encoding="utf-8") as lines, open(texts, "w", encoding="utf-8") as out:
        for line in lines:
            row = json.loads(line)
            for side in ("chosen", "rejected"):
                out.write(json.dumps({"text": row[side]}) + "\n")


def accuracy(logprobs):
    with open(logprobs, encoding="utf-8") as lines:
        rows = [json.loads(line)["logprobs"] for line in lines]
    pairs = list(zip(rows[::2], rows[1::2]))
    total = sum(sum(chosen) > sum(rejected) for chosen, rejected in pairs)
    mean = sum(sum(chosen) / len(chosen) > sum(rejected) / len(rejected) for chosen, rejected in pairs)
    print(f"log-likelihood baseline: {total / len(pairs):.3f} by sum, {mean / len(pairs):.3f} by mean, {len(pairs)} pairs")


if __name__ == "__main__":
    {"sides": sides, "accuracy": accuracy}[sys.argv[1]](*sys.argv[2:])
