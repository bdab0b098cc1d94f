"""Rows for both sides of a measurement, from a file of HH-RLHF form or from rows made beforehand."""

import gzip
import json


def read_rows(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return [json.loads(line) for line in file if line.strip()]


def split(row):
    """(prompt, chosen, rejected): the prompt ends with the last "Assistant:" that both share."""
    if "prompt" in row:
        return row["prompt"], row["chosen"], row["rejected"]
    chosen, rejected = row["chosen"], row["rejected"]
    same = 0
    while same < min(len(chosen), len(rejected)) and chosen[same] == rejected[same]:
        same += 1
    marker = chosen[:same].rfind("Assistant:")
    end = marker + len("Assistant:") if marker >= 0 else 0
    return chosen[:end], chosen[end:], rejected[end:]


def preference_rows(path):
    return [dict(zip(("prompt", "chosen", "rejected"), split(row))) for row in read_rows(path)]


def cut_texts(path, tokenizer, length, count):
    """The first `count` chosen dialogues that, cut after `length` tokens, are as many when read again."""
    texts = []
    for row in read_rows(path):
        text = row.get("text") or row.get("prompt") or row["chosen"]
        cut = tokenizer.decode(tokenizer(text)["input_ids"][:length])
        if len(tokenizer(cut)["input_ids"]) == length and text.startswith(cut):
            texts.append(cut)
        if len(texts) == count:
            return texts
    raise SystemExit(f"{path}: only {len(texts)} of {count} rows have {length} tokens")


def short_pairs(path, tokenizer, max_length, count):
    """The first `count` comparisons of which each side has at most `max_length` tokens with EOS."""
    def fits(row):
        return all(len(tokenizer(row["prompt"] + row[side])["input_ids"]) < max_length
                   for side in ("chosen", "rejected"))

    pairs = []
    for row in preference_rows(path):
        if fits(row):
            pairs.append(row)
        if len(pairs) == count:
            return pairs
    raise SystemExit(f"{path}: only {len(pairs)} of {count} pairs have at most {max_length} tokens")
