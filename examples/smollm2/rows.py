"""Rows of the example's data.

rows.py gsm8k FROM.jsonl.gz TO COUNT START LETTERS   COUNT problems as dialogues, after the first START
rows.py pairs FROM.jsonl.gz TO COUNT LETTERS         the first COUNT comparisons

Only rows of at most LETTERS letters count: question and answer together, or the longer side of a comparison.
"""
import gzip
import itertools
import json
import sys


def short(source, length, letters):
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if length(row) <= int(letters):
                yield row


def write(rows, target):
    with open(target, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")


def gsm8k(source, target, count, start, letters):
    rows = short(source, lambda row: len(row["question"]) + len(row["answer"]), letters)
    write(({"prompt": [{"role": "user", "content": row["question"]}], "completion": row["answer"],
            "answer": row["answer"].rsplit("####", 1)[1].strip()}
           for row in itertools.islice(rows, int(start), int(start) + int(count))), target)


def pairs(source, target, count, letters):
    rows = short(source, lambda row: max(len(row["chosen"]), len(row["rejected"])), letters)
    write(itertools.islice(rows, int(count)), target)


if __name__ == "__main__":
    {"gsm8k": gsm8k, "pairs": pairs}[sys.argv[1]](*sys.argv[2:])
