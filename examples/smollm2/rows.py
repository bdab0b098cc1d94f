"""Rows FROM.jsonl.gz of GSM8K as dialogues: rows.py FROM TO COUNT START."""
import gzip
import itertools
import json
import sys

source, target, count, start = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with gzip.open(source, "rt", encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
    for line in itertools.islice(lines, start, start + count):
        row = json.loads(line)
        answer = row["answer"]
        messages = [{"role": "user", "content": row["question"]}]
        out.write(json.dumps({"prompt": messages, "completion": answer,
                              "answer": answer.rsplit("####", 1)[1].strip()}) + "\n")
