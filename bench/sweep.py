#!/usr/bin/env python3
"""Step times of ours alone against group size, length or batch: a CSV and an SVG plot of each.

    bench/sweep.py group --tokenizer GPT2_TOKENIZER --data hh-harmless-train.jsonl.gz
    bench/sweep.py length …        bench/sweep.py batch …

group    1…32 completions of one prompt of 256 tokens, 64 new: sampling, the same with the prompt run
         for every completion, a GRPO step (from 2 on)
length   128…1024 tokens: an SFT step of 4 rows; sampling of 64 tokens after 8 prompts of the length
batch    1…32 rows: sampling, 64 + 64 tokens, with the share of the memory bandwidth that a decode
         step reaches; an SFT step of 256 tokens a row (to 16)
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import plot
from arithmetic import Shape
from processes import (BENCH, JAVA_ENVIRONMENT, PEERS, Failure, build, fresh_folder, fresh_model,
                       fresh_scalar, java, machine, machine_speed, metrics, rlhf, run)

sys.path.insert(0, str(PEERS))

from dialogues import read_rows  # noqa: E402

AXES = {"group": "completions of one prompt", "length": "tokens", "batch": "rows"}
VALUES = {"group": [1, 2, 4, 8, 16, 32], "length": [128, 256, 512, 1024], "batch": [1, 2, 4, 8, 16, 32]}
COLUMNS = ["curve", "value", "seconds", "tokens_per_second", "peak_gib", "decode_step_seconds",
           "decode_share_of_reads"]
TEXT_CHARACTERS = 12_000  # more than 1,024 tokens: rows are cut to the length that is wanted
ROWS = 32


@dataclass(frozen=True)
class Sweep:
    """What the points of a sweep share."""

    work: Path
    tokenizer: Path
    model: Path
    judge: Path
    rows: Path
    steps: int
    warmup: int
    threads: int
    read_gbps: float

    def sample(self, prompts, samples, length, new_tokens=64):
        """Sampling after prompts of `length` tokens."""
        name = f"sample-{prompts}-{samples}-{length}"
        finished = run(
            java("org.rlhf4j.bench.GenerateBench", "--model", self.model, "--data", self.rows, "--prompts",
                 prompts, "--samples", samples, "--max-new-tokens", new_tokens, "--max-length",
                 length + new_tokens, "--steps", self.steps - self.warmup, "--warmup", self.warmup,
                 "--threads", self.threads),
            self.work / "logs" / name, JAVA_ENVIRONMENT)
        line = finished.json_line()
        step = line["decode_step_seconds"]
        share = Shape.of(self.model).decode_bytes() / step / (self.read_gbps * 1e9)
        return {"seconds": line["seconds_per_step"], "tokens_per_second": line["tokens_per_second"],
                "peak_gib": finished.peak_gib, "decode_step_seconds": step,
                "decode_share_of_reads": share}

    def command(self, kind, *options):
        folder = fresh_folder(self.work / "runs" / f"sweep-{kind}")
        finished = run(
            rlhf(kind, "--model", self.model, "--data", self.rows, "--output", folder, "--steps",
                 self.steps, "--shuffle", "false", "--threads", self.threads, *options),
            self.work / "logs" / f"sweep-{kind}", JAVA_ENVIRONMENT)
        lines = metrics(folder)[self.warmup:]
        return {"seconds": statistics.median(line["step_seconds"] for line in lines),
                "tokens_per_second": statistics.median(line["tokens_per_second"] for line in lines),
                "peak_gib": finished.peak_gib}

    def sft(self, rows, length):
        """An SFT step, every token trained on."""
        return self.command("sft", "--batch-size", rows, "--max-length", length, "--eval-fraction", 0,
                            "--train-on", "prompt,completion")

    def grpo(self, group, length, new_tokens=64):
        return self.command("grpo", "--reward-model", self.judge, "--prompts-per-step", 1, "--group-size",
                            group, "--max-length", length + new_tokens, "--max-new-tokens", new_tokens)


def points(sweep, axis, value):
    """(curve, figures) of one value."""
    if axis == "group":
        yield "sampling, prompt run once", sweep.sample(1, value, 256)
        yield "sampling, prompt run for each", sweep.sample(value, 1, 256)
        if value > 1:
            yield "GRPO step", sweep.grpo(value, 256)
    elif axis == "length":
        yield "SFT step, 4 rows", sweep.sft(4, value)
        if value <= 960:  # GPT-2 has 1,024 positions
            yield "sampling 8 × 64 tokens after it", sweep.sample(8, 1, value)
    else:
        yield "sampling, 64 + 64 tokens", sweep.sample(value, 1, 64)
        if value <= 16:
            yield "SFT step, 256 tokens a row", sweep.sft(value, 256)


def long_rows(data, file):
    """Rows whose prompts are dialogues strung together, each longer than any length here."""
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    texts, text = [], ""
    for row in read_rows(str(data)):
        text += row.get("chosen") or row.get("text") or row["prompt"]
        if len(text) > TEXT_CHARACTERS:
            texts.append(text)
            text = ""
        if len(texts) == ROWS:
            break
    if len(texts) < ROWS:
        raise SystemExit(f"{data}: its text fills {len(texts)} of {ROWS} rows of {TEXT_CHARACTERS} characters")
    file.write_text("".join(
        json.dumps({"prompt": text, "completion": " I see."}) + "\n" for text in texts))
    return file


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("axis", nargs="+", choices=AXES)
    parser.add_argument("--values", type=lambda text: [int(v) for v in text.split(",")],
                        help="in place of the axis' own, such as 1,8")
    parser.add_argument("--model", default="gpt2-124m", help="a config of peers/models, or a file")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="rows of HH-RLHF form")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work")
    parser.add_argument("--output", type=Path, default=BENCH / "target" / "work" / "sweeps",
                        help="folder for the CSV and SVG files")
    options = parser.parse_args()
    if not 0 <= options.warmup < options.steps:
        parser.error("--warmup must leave at least one step")
    return options


def main():
    options = arguments()
    work, tokenizer = Path(os.path.abspath(options.work)), Path(os.path.abspath(options.tokenizer))
    build()
    speed = machine_speed(work, options.threads)
    model = fresh_model(work, options.model, tokenizer)
    judge = fresh_scalar(work, fresh_model(work, "judge", tokenizer))
    sweep = Sweep(work, tokenizer, model, judge, long_rows(options.data, work / "rows" / "long.jsonl"),
                  options.steps, options.warmup, options.threads,
                  max(speed["read_gbps"], speed["matvec_gbps"]))
    options.output.mkdir(parents=True, exist_ok=True)
    for axis in options.axis:
        lines = []
        for value in options.values or VALUES[axis]:
            for curve, figures in points(sweep, axis, value):
                lines.append({"curve": curve, "value": value, **figures})
                print(f"{axis} {value:5d}  {curve:32s} {figures['seconds']:8.3f} s", flush=True)
        write(options, axis, lines)


def write(options, axis, lines):
    with open(options.output / f"{axis}.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for line in lines:
            writer.writerow({name: f"{value:.5g}" if isinstance(value, float) else value
                             for name, value in line.items()})
    curves = {}
    for line in lines:
        curves.setdefault(line["curve"], []).append((line["value"], line["seconds"]))
    title = f"{options.model}, {options.threads} threads, {machine().split(',')[0]}"
    (options.output / f"{axis}.svg").write_text(plot.svg(title, AXES[axis], "seconds a step", curves))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"sweep: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
