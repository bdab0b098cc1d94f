"""Rows of HH-RLHF form: {"chosen", "rejected"}, whole dialogues that share their beginning."""

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
