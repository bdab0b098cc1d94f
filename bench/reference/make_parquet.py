"""Writes the Parquet files that the readers are tested on: one a codec, with the rows as JSON lines.

    python bench/reference/make_parquet.py data/src/test/resources/parquet

Each file has dictionary pages (repeated prompts), nulls, a text of 40,000 characters, several row
groups and pages, a list column and a message list.
"""

import json
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet as parquet

ROWS = 50
CODECS = {
    "snappy": dict(compression="snappy"),
    "zstd": dict(compression="zstd"),
    "gzip": dict(compression="gzip", data_page_version="2.0"),
    "plain": dict(compression="none", use_dictionary=False),
}

COMPARISON = pyarrow.schema([
    ("prompt", pyarrow.string()),
    ("chosen", pyarrow.string()),
    ("rejected", pyarrow.large_string()),
    ("margin", pyarrow.float64()),
    ("source", pyarrow.string()),
])
RANKING = pyarrow.schema([
    ("prompt", pyarrow.string()),
    ("completions", pyarrow.list_(pyarrow.string())),
])
MESSAGES = pyarrow.schema([
    ("messages", pyarrow.list_(pyarrow.struct([
        ("role", pyarrow.string()), ("content", pyarrow.string())]))),
])


def comparison(i):
    chosen = "naïve 🌱 " + "x" * 40_000 if i == 7 else f" chosen {i}"
    return {
        "prompt": f"prompt {i % 3}:",
        "chosen": chosen,
        "rejected": "" if i == 9 else f" rejected\n{i}",
        "margin": None if i % 2 else i / 4,
        "source": None if i % 5 else "made",
    }


def write(folder, name, rows, schema, **options):
    table = pyarrow.Table.from_pylist(rows, schema=schema)
    parquet.write_table(table, folder / f"{name}.parquet", row_group_size=20, data_page_size=256,
                        **options)


def lines(folder, name, rows):
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    comparisons = [comparison(i) for i in range(ROWS)]
    for codec, options in CODECS.items():
        write(folder, codec, comparisons, COMPARISON, **options)
    lines(folder, "comparisons", comparisons)
    rankings = [{"prompt": "p", "completions": [f" {i}", "", " c"][: 2 + i % 2]} for i in range(5)]
    write(folder, "rankings", rankings, RANKING, compression="snappy")
    lines(folder, "rankings", rankings)
    messages = [{"messages": [{"role": "user", "content": "hi"}]}]
    write(folder, "messages", messages, MESSAGES, compression="snappy")
    provenance = {"made by": "bench/reference/make_parquet.py", "pyarrow": pyarrow.__version__,
                  "python": sys.version.split()[0]}
    (folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
