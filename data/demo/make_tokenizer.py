"""Trains the tokenizer of the demo on its own rows: byte-level BPE, 1,024 tokens.

Usage: python make_tokenizer.py, after make_rows.py. Needs the tokenizers package (0.23.3 wrote what is here).
"""

import csv
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

FOLDER = Path(__file__).resolve().parent
EOS, PAD = "<|endoftext|>", "<|pad|>"


def text():
    with open(FOLDER / "demonstrations.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["prompt"] + row["completion"]


def main():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(text(), trainers.BpeTrainer(
        vocab_size=1024, special_tokens=[EOS, PAD], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    folder = FOLDER / "tokenizer"
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    configuration = {
        "bos_token": EOS, "eos_token": EOS, "model_max_length": 256, "pad_token": PAD,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    (folder / "generation_config.json").write_text(
        json.dumps({"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}, indent=2) + "\n")


if __name__ == "__main__":
    main()
