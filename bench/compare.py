#!/usr/bin/env python3
"""Measures rows of the table: ours and the peer in turn, on the same model and the same rows.

    bench/compare.py sft-gpt2 --tokenizer GPT2_TOKENIZER --data hh-harmless-train.jsonl.gz
    bench/compare.py --markdown bench/README.md        # the table of all rows measured so far

Prints each round as it ends, then per row the medians: ratio of speed and of memory, the absolute
figures, the share of the machine's own speed, the losses of both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import table
from processes import BENCH, PEERS, Failure, build, machine, machine_speed, revision
from rows import ROWS, Session, changed, shape_of


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", nargs="*", metavar="ROW", help=", ".join(ROWS) + ", or all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6, help="of each round")
    parser.add_argument("--warmup", type=int, default=1, help="steps left out of the median")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tokenizer", type=Path, help="folder of a tokenizer with at most 50,258 tokens")
    parser.add_argument("--data", type=Path, help="rows of HH-RLHF form (.jsonl, .jsonl.gz)")
    parser.add_argument("--peer-python", type=Path, default=PEERS / "trl" / "bin" / "python",
                        help="of an environment with peers/requirements.txt")
    parser.add_argument("--ppo-peer-python", type=Path, default=PEERS / "trl-ppo" / "bin" / "python",
                        help="of an environment with peers/requirements-ppo.txt")
    parser.add_argument("--set", action="append", default=[], metavar="SIZE=VALUE",
                        help="another size than the row's, such as length=64 or model=llama-3m")
    parser.add_argument("--ours", action="append", default=[], metavar="OPTION",
                        help="an option for our command alone, such as --ours=--micro-batch-tokens=512")
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work",
                        help="folder for models, rows, runs, logs and results")
    parser.add_argument("--markdown", type=Path, nargs="?", const=Path("-"), metavar="FILE",
                        help="write the table of all results into FILE (between its marks), or print it")
    options = parser.parse_args()
    options.row = list(ROWS) if options.row == ["all"] else options.row
    unknown = [name for name in options.row if name not in ROWS]
    if unknown:
        parser.error(f"{unknown[0]}: no such row; there are {', '.join(ROWS)}")
    if options.row and not (options.tokenizer and options.data):
        parser.error("--tokenizer and --data are needed to measure")
    if not options.row and not options.markdown:
        parser.error("name a row, or --markdown")
    if not 0 <= options.warmup < options.steps:
        parser.error("--warmup must leave at least one step")
    return options


def median(values):
    return statistics.median(list(values))


def shares(row, session, operations, speed, round_of_ours):
    """How much of the machine's own speed was reached: name to share."""
    sgemm = speed["bf16_gflops" if row.precision == "bf16" else "sgemm_gflops"] * 1e9
    counted = round_of_ours.seconds[session.warmup:] if row.kind != "generate" else round_of_ours.seconds
    found = {"sgemm": operations.step / statistics.mean(counted) / sgemm}
    if operations.training:
        seconds = statistics.mean(round_of_ours.parts["training_seconds"])
        found["sgemm_training"] = operations.training / seconds / sgemm
    step = round_of_ours.facts.get("decode_step_seconds")
    if step:
        read = max(speed["read_gbps"], speed["matvec_gbps"]) * 1e9
        found["read_decode"] = shape_of(row, session).decode_bytes() / step / read
    return found


def shown(side):
    losses = "; ".join(f"{name} " + " ".join(f"{value:.5g}" for value in values)
                       for name, values in side.losses.items())
    facts = "; ".join(f"{name} {value:.4g}" for name, value in side.facts.items())
    parts = "; ".join(f"{name} {median(values):.3f}" for name, values in side.parts.items())
    more = "; ".join(text for text in (losses, parts, facts) if text)
    return f"{side.seconds_per_step:8.3f} s  {side.peak_gib:6.2f} GiB  {more}"


def measure(name, row, session, rounds):
    row.prepare(session)
    speed = machine_speed(session.work, session.threads)
    operations = row.operations(session, shape_of(row, session))
    print(f"{name}: {row.describe()}, {row.model}, {row.precision}, {session.threads} threads")
    print(f"  machine: sgemm {speed['sgemm_gflops']:.0f} GFLOP/s (libtorch's matmul "
          f"{speed['matmul_gflops']:.0f}), bf16 {speed['bf16_gflops']:.0f} GFLOP/s, reads {speed['read_gbps']:.1f} GB/s (sum), "
          f"{speed['matvec_gbps']:.1f} GB/s (matrix-vector)", flush=True)
    ours, peers = [], []
    for number in range(1, rounds + 1):
        for side, list_of_side in ((row.ours, ours), (row.peer, peers)):
            list_of_side.append(side(session, f"{name}-{number}"))
            label = "ours" if side == row.ours else "peer"
            print(f"  round {number} {label}  {shown(list_of_side[-1])}", flush=True)
    each = [shares(row, session, operations, speed, one) for one in ours]
    result = {
        "row": name, "describe": row.describe(), "model": row.model, "date": date.today().isoformat(),
        "machine": machine(), "revision": revision(), "rounds": rounds, "steps": session.steps,
        "ours_options": list(session.more), "threads": session.threads, "speed": speed, "row_sizes": asdict(row),
        "gflop_per_step": operations.step / 1e9,
        "speed_floor": row.speed, "memory_floor": row.memory,
        "ours_seconds": median(one.seconds_per_step for one in ours),
        "peer_seconds": median(one.seconds_per_step for one in peers),
        "speed_ratio": median(b.seconds_per_step / a.seconds_per_step for a, b in zip(ours, peers)),
        "ours_gib": median(one.peak_gib for one in ours),
        "peer_gib": median(one.peak_gib for one in peers),
        "memory_ratio": median(a.peak_gib / b.peak_gib for a, b in zip(ours, peers)),
        "shares": {key: median(share[key] for share in each) for key in each[0]},
        "peer": peers[0].by, "losses": ours[0].losses, "peer_losses": peers[0].losses,
        "facts": ours[0].facts,
        "all": {"ours": [asdict(one) for one in ours], "peer": [asdict(one) for one in peers]},
    }
    print(summary(result), flush=True)
    return result


def summary(result):
    reached = ", ".join(f"{100 * share:.0f} % {table.SHARES[key]}" for key, share in result["shares"].items())
    return (f"  speed  {result['speed_ratio']:.2f} × (floor {result['speed_floor']:g}): "
            f"{result['ours_seconds']:.3f} s against {result['peer_seconds']:.3f} s\n"
            f"  memory {result['memory_ratio']:.2f} × (ceiling {result['memory_floor']:g}): "
            f"{result['ours_gib']:.2f} GiB against {result['peer_gib']:.2f} GiB\n"
            f"  {result['gflop_per_step']:.4g} GFLOP a step; {reached}")


def main():
    options = arguments()
    results = options.work / "results"
    if options.row:
        absolute = [Path(os.path.abspath(path)) for path in (
            options.work, options.tokenizer, options.data, options.peer_python, options.ppo_peer_python)]
        session = Session(*absolute, options.threads, options.steps, options.warmup, tuple(options.ours))
        build()
        for name in options.row:
            result = measure(name, changed(ROWS[name], options.set), session, options.rounds)
            if not options.set:
                results.mkdir(parents=True, exist_ok=True)
                (results / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    if options.markdown:
        measured = [json.loads((results / f"{name}.json").read_text()) for name in ROWS
                    if (results / f"{name}.json").exists()]
        table.write(measured, options.markdown)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"compare: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
