"""Prints the tokens of comparisons as one JSON list: [prompt, [chosen, rejected]], EOS counted.

Runs in the peers' environment: pair_lengths.py ROWS --tokenizer FOLDER
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))

from dialogues import preference_rows  # noqa: E402
from transformers import AutoTokenizer  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows")
    parser.add_argument("--tokenizer", required=True)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)

    def count(text):
        return len(tokenizer(text)["input_ids"])

    lengths = []
    for row in preference_rows(options.rows):
        prompt = count(row["prompt"])
        lengths.append([prompt, [count(row["prompt"] + row[side]) + 1 - prompt
                                 for side in ("chosen", "rejected")]])
    print(json.dumps(lengths))


if __name__ == "__main__":
    main()
