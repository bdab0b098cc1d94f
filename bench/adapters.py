#!/usr/bin/env python3
"""Measures training all weights against training an adapter on every matrix, ours and TRL's in turn.

    bench/adapters.py --tokenizer GPT2_TOKENIZER --data hh-harmless-train.jsonl.gz
    bench/adapters.py --tokenizer GPT2_TOKENIZER --data hh-harmless-train.jsonl.gz --markdown docs/lora.md

The work is the row sft-llama of compare.py: the same model, rows, lengths and steps on both sides, each
figure the median of the rounds.
"""

import argparse
import os
import sys
from datetime import date
from pathlib import Path

from compare import measure
from processes import BENCH, PEERS, Failure, build, machine, revision
from rows import ROWS, Session, changed
from table import between

ROW = "sft-llama"
START, END = "<!-- full against adapter -->", "<!-- end of full against adapter -->"


def markdown(full, adapter, rank):
    lines = ["| trained | ours, s a step | TRL, s a step | ours, GiB | TRL, GiB |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, result in (("all weights", full), (f"an adapter of rank {rank}", adapter)):
        lines.append(f"| {name} | {result['ours_seconds']:.3f} | {result['peer_seconds']:.3f} "
                     f"| {result['ours_gib']:.2f} | {result['peer_gib']:.2f} |")
    keys = ("ours_seconds", "peer_seconds", "ours_gib", "peer_gib")
    lines.append("| **adapter : all** | " + " | ".join(f"**{adapter[key] / full[key]:.2f} ×**" for key in keys) + " |")
    return "\n".join([
        *lines, "", f"{full['describe']}, {full['model']}, {full['rounds']} × {full['steps']} steps, "
        f"{full['threads']} threads; {full['peer']}; {machine()}; {date.today().isoformat()}, {revision() or '–'}."])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="rows of HH-RLHF form (.jsonl, .jsonl.gz)")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--model", default="llama-135m", help="a config of peers/models, or a file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6, help="of each round")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer-python", type=Path, default=PEERS / "trl" / "bin" / "python")
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into FILE, between its marks")
    options = parser.parse_args()
    work, tokenizer, data, python = (
        Path(os.path.abspath(path)) for path in (options.work, options.tokenizer, options.data, options.peer_python))
    build()
    session = Session(work, tokenizer, data, python, python, options.threads, options.steps, 1)
    row = changed(ROWS[ROW], [f"model={options.model}"])
    full = measure(ROW, row, session, options.rounds)
    adapter = measure(f"{ROW}-lora", changed(row, [f"lora_rank={options.rank}"]), session, options.rounds)
    text = markdown(full, adapter, options.rank)
    print(text)
    if options.markdown:
        between(options.markdown, START, text, END)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"adapters: {failure}")
