#!/usr/bin/env python3
"""Measures what loading a model takes, ours and transformers' from_pretrained in turn.

    bench/loading.py --tokenizer GPT2_TOKENIZER
    bench/loading.py --tokenizer GPT2_TOKENIZER --markdown bench/README.md

Each figure is of a process of its own: the seconds until the model is there, and the peak of its
resident memory above that of a process that loads everything but the model. The ceiling of ours is
1.1 × the weights as they are in memory, fp32.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from processes import (
    BENCH, JAVA_ENVIRONMENT, PEER_ENVIRONMENT, PEERS, Failure, build, fresh_model, java, machine, rlhf, run,
)
from table import between

AT_MOST = 1.1
START, END = "<!-- loading -->", "<!-- end of loading -->"


def saved_as(work, model, tokenizer, dtype):
    """The model in another number format, made once."""
    if dtype == "fp32":
        return model
    folder = model.with_name(f"{model.name}-{dtype}")
    if not (folder / "model.safetensors").exists():
        config = PEERS / "models" / f"{model.name}.json"
        run(rlhf("new", "--config", config if config.exists() else model / "config.json", "--tokenizer", tokenizer,
                 "--output", folder, "--save-dtype", dtype), work / "logs" / f"new-{folder.name}")
    return folder


def ours(work, model, name):
    def once(runtime_only):
        return run(java("org.rlhf4j.bench.LoadBench", "--model", model, f"--runtime-only={str(runtime_only).lower()}"),
                   work / "logs" / name, JAVA_ENVIRONMENT)
    return figures(once)


def peer(work, python, model, name, dtype="float32"):
    def once(runtime_only):
        return run([python, PEERS / "load.py", "--model", model, "--dtype", dtype,
                    *(["--runtime-only"] if runtime_only else [])], work / "logs" / name, PEER_ENVIRONMENT)
    return figures(once)


def figures(once):
    """Seconds, MB above the runtime's, MB of weights."""
    alone, loaded = once(True), once(False)
    line = loaded.json_line()
    return {"seconds": line["seconds"], "read_seconds": line.get("read_seconds", line["seconds"]),
            "runtime": alone.peak_gib * 2**30 / 1e6, "added": (loaded.peak_gib - alone.peak_gib) * 2**30 / 1e6,
            "weights": line["bytes"] / 1e6}


def median(rounds):
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


def markdown(rows):
    lines = ["| checkpoint | loaded by | in memory | s | s, all read | weights, MB | added to the peak, MB | **ratio** | the runtime alone, MB |",
             "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for (checkpoint, side, kept), f in rows:
        lines.append(f"| {checkpoint} | {side} | {kept} | {f['seconds']:.2f} | {f['read_seconds']:.2f} | {f['weights']:.0f} "
                     f"| {f['added']:.0f} | **{f['added'] / f['weights']:.2f}** | {f['runtime']:.0f} |")
    return "\n".join([*lines, "", f"Machine: {machine()}."])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="llama-135m", help="a config of peers/models, or a file")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", type=Path, default=PEERS / "trl" / "bin" / "python")
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into FILE, between its marks")
    options = parser.parse_args()
    work, tokenizer = Path(os.path.abspath(options.work)), Path(os.path.abspath(options.tokenizer))
    build()
    model = fresh_model(work, options.model, tokenizer)
    sixteen = saved_as(work, model, tokenizer, "bf16")
    sides = {
        ("fp32", "rlhf4j", "fp32"): lambda: ours(work, model, "load-fp32"),
        ("fp32", "transformers", "fp32"): lambda: peer(work, options.peer_python, model, "load-fp32-peer"),
        ("bf16", "rlhf4j", "fp32"): lambda: ours(work, sixteen, "load-bf16"),
        ("bf16", "transformers", "fp32"): lambda: peer(work, options.peer_python, sixteen, "load-bf16-peer"),
        ("bf16", "transformers", "bf16"):
            lambda: peer(work, options.peer_python, sixteen, "load-bf16-peer16", "bfloat16"),
    }
    measured = {name: [] for name in sides}
    for _ in range(options.rounds):
        for name, side in sides.items():
            measured[name].append(side())
    rows = [(name, median(rounds)) for name, rounds in measured.items()]
    text = markdown(rows)
    print(text)
    over = [name for name, f in rows if name[1] == "rlhf4j" and f["added"] > AT_MOST * f["weights"]]
    for checkpoint, _, _ in over:
        print(f"loading: {checkpoint}: more than {AT_MOST} × the weights", file=sys.stderr)
    if options.markdown:
        between(options.markdown, START, text, END)
    return int(bool(over))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"loading: {failure}")
