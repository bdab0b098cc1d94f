"""Writes the rows and the tokenizer of the arithmetic example.

Usage: python make_rows.py. Needs Python alone; the same rows every time.

A problem adds two numbers of two digits. A demonstration shows the work, units before tens, and ends with the sum
after "####", as GSM8K's answers do: 37+48= 7+8=15,3+4+1=8####85. Prompts and held-out problems have the answer
alone. Problems are taken in the order of a hash of their text, so none is in two files.
"""

import csv
import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
EOS, PAD = "<|endoftext|>", "<|pad|>"
HELD_OUT, DEMONSTRATIONS, PROMPTS = 300, 1500, 2500


def problems():
    """All problems in the order of their hashes."""
    numbers = [(a, b) for a in range(10, 100) for b in range(10, 100)]
    return sorted(numbers, key=lambda pair: hashlib.sha256(f"{pair[0]}+{pair[1]}".encode()).digest())


def work(a, b):
    units = a % 10 + b % 10
    carried = "+1" if units > 9 else ""
    return f"{a % 10}+{b % 10}={units},{a // 10}+{b // 10}{carried}={(a + b) // 10}####{a + b}"


def write(name, header, rows):
    with open(FOLDER / name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_rows():
    pairs = problems()
    held_out, rest = pairs[:HELD_OUT], pairs[HELD_OUT:]
    demonstrations, prompts = rest[:DEMONSTRATIONS], rest[DEMONSTRATIONS:DEMONSTRATIONS + PROMPTS]
    write("demonstrations.csv", ["prompt", "completion"], [(f"{a}+{b}=", work(a, b)) for a, b in demonstrations])
    for name, pairs in (("prompts.csv", prompts), ("heldout.csv", held_out)):
        write(name, ["prompt", "answer"], [(f"{a}+{b}=", a + b) for a, b in pairs])


def byte_characters():
    """The character that stands for each byte in a byte-level vocabulary: its own where it can be printed."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]


def write_tokenizer():
    """One token a byte."""
    folder = FOLDER / "tokenizer"
    folder.mkdir(exist_ok=True)
    special = [{"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                "normalized": False, "special": True} for i, text in enumerate([EOS, PAD])]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {text: i for i, text in enumerate([EOS, PAD, *byte_characters()])}, "merges": []},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "bos_token": EOS, "eos_token": EOS, "model_max_length": 64, "pad_token": PAD,
        "tokenizer_class": "PreTrainedTokenizerFast"}, indent=2) + "\n")
    (folder / "generation_config.json").write_text(
        json.dumps({"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}, indent=2) + "\n")


if __name__ == "__main__":
    write_rows()
    write_tokenizer()
