"""Writes the rows that a peer script picks from an HH file, so that the other side reads the same.

write_rows.py texts LENGTH COUNT    {"text"} of LENGTH tokens (sft.py --length LENGTH+1: EOS follows)
write_rows.py prompts LENGTH COUNT  {"prompt"} of LENGTH tokens (generate.py, grpo.py, ppo.py)
write_rows.py pairs LENGTH COUNT    {"prompt", "chosen", "rejected"} of at most LENGTH tokens with EOS
"""

import argparse
import json
import sys

from transformers import AutoTokenizer

from dialogues import cut_texts, short_pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("kind", choices=["texts", "prompts", "pairs"])
    parser.add_argument("length", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--data", required=True)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    pick = short_pairs if options.kind == "pairs" else cut_texts
    for row in pick(options.data, tokenizer, options.length, options.count):
        name = {"texts": "text", "prompts": "prompt"}.get(options.kind)
        json.dump({name: row} if name else row, sys.stdout, ensure_ascii=False)
        print()


if __name__ == "__main__":
    main()
