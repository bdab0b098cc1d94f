#!/usr/bin/env python3
"""Peaks of resident memory against the plan that a run tells, on the CPU, for models of several sizes.

    bench/peaks.py OUTPUT [--stages sft,grpo] [--models 256x6,512x8,768x12] [--rounds 3] [--rlhf ./rlhf]

What a process takes beside the plan (Java, libtorch's code, the tokenizer) is that of a run of the same stage, vocabulary
and rows with a model of 8 x 1, less that run's own plan. Models are GPT-2's of WIDTHxLAYERS with random weights. An
update sees about 1,024 tokens at once. Each peak is the median of some rounds. It needs what the command needs, and
Linux.
"""

import argparse
import json
import random
import re
import shlex
import statistics
from pathlib import Path

import processes

HOME = processes.HOME
CONFIG = HOME / "bench/peers/models/gpt2-124m.json"
TOKENIZER = HOME / "language-model/src/test/resources/fixtures/gpt2"
LEAST = "8x1"
COMMON = "--max-length 256 --micro-batch-tokens 1024 --steps 2 --threads 1 --checkpoint-every 100".split()
STAGES = {
    "sft": ["--eval-fraction", "0", "--batch-size", "4"],
    "grpo": ["--reward", "length-penalty:8-16", "--prompts-per-step", "2", "--group-size", "13",
             "--max-new-tokens", "64"],
}


def rows(folder, stage):
    """Rows that fill the 1,024 tokens: four of 256, or a prompt of 191 with 13 completions of 64."""
    file = folder / f"{stage}.jsonl"
    letters = random.Random(1)
    text = lambda count: " ".join(letters.choices("bcdefghijklmnop", k=count))  # a space and a letter never merge
    lines = [{"prompt": "Q::", "completion": " " + text(126)} if stage == "sft"
             else {"prompt": text(96), "answer": str(i)} for i in range(16)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def model(folder, size, command):
    width, layers = map(int, size.split("x"))
    config = json.loads(CONFIG.read_text())
    config.update(n_embd=width, n_layer=layers, n_head=max(1, width // 64))
    file = folder / f"{size}.json"
    file.write_text(json.dumps(config))
    output = folder / size
    if not output.exists():
        processes.run(command + ["new", "--config", file, "--tokenizer", TOKENIZER, "--output", output],
                      folder / f"new-{size}")
    return output


def measured(folder, stage, size, command, rounds):
    """The plan and the median peak of some runs, in MB."""
    peaks = []
    given = ["--model", model(folder, size, command), "--data", rows(folder, stage)] + STAGES[stage] + COMMON
    for number in range(rounds):
        log = folder / f"{stage}-{size}-{number}"
        output = folder / f"run-{stage}-{size}-{number}"
        finished = processes.run(command + [stage, "--output", output] + given, log, processes.JAVA_ENVIRONMENT)
        peaks.append(finished.peak_gib * 2**30 / 1e6)
    told = re.search(r"plan: memory .*: ([\d.]+) ([MG])B of", log.with_suffix(".err").read_text())
    return float(told[1]) * (1000 if told[2] == "G" else 1), statistics.median(peaks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--stages", default="sft,grpo")
    parser.add_argument("--models", default="256x6,512x8,768x12")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rlhf", default=str(HOME / "rlhf"))
    chosen = parser.parse_args()
    folder = chosen.output.resolve()
    folder.mkdir(parents=True)
    command = shlex.split(chosen.rlhf)
    outside = []
    print("| stage | model | planned, MB | measured, MB | measured / planned |\n| --- | --- | ---: | ---: | ---: |")
    for stage in chosen.stages.split(","):
        plan, peak = measured(folder, stage, LEAST, command, chosen.rounds)
        beside = peak - plan
        for size in chosen.models.split(","):
            plan, peak = measured(folder, stage, size, command, chosen.rounds)
            ratio = (peak - beside) / plan
            print(f"| {stage} | {size} | {plan:,.0f} | {peak - beside:,.0f} | {ratio:.0%} |", flush=True)
            if not 0.9 <= ratio <= 1.1:
                outside.append(f"{stage} {size}")
    if outside:
        raise SystemExit("peaks: outside 90 to 110 % of the plan: " + ", ".join(outside))


if __name__ == "__main__":
    main()
