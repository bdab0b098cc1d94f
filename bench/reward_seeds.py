#!/usr/bin/env python3
"""A recipe for reward models beside TRL's RewardTrainer and judges that cost no training, over several seeds.

    bench/reward_seeds.py --model MODEL --data TRAIN.jsonl.gz --eval-data HELDOUT.jsonl.gz --output DIR \\
        --peer-python bench/peers/trl/bin/python

ours        ./rlhf reward with --recipe, on all rows of --data
trl         TRL's RewardTrainer with the recipe's learning rate, epochs and batch
trl-best    the same with --trl-best, RATE:EPOCHS
length      prefers the shorter completion
likelihood  the mean log-likelihood of the completion under --model

Every judge's margins on --eval-data stay in DIR, a file a seed: what is there isn't made again. Printed is a
Markdown table of what is there. Accuracies are counted pair by pair, a tie one half. The interval is Wilson's at
the seeds' mean accuracy with the number of pairs: the seeds judge the same pairs, so they don't add to it. The p are
McNemar's, of the seeds' scores averaged (each divided by its deviation) against length and against each of TRL's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from processes import BENCH, HOME, PEER_ENVIRONMENT, PEERS, Failure, fresh_folder, rlhf, run

sys.path.insert(0, str(PEERS))

from judged import accuracy, keep, mcnemar, read, wilson  # noqa: E402

TRAINED = ["ours", "trl", "trl-best"]
JUDGES = [*TRAINED, "length", "likelihood"]


def recipe_of(file):
    """A recipe's plain `key: value` lines."""
    lines = [line.split("#")[0] for line in Path(file).read_text().splitlines()]
    return dict((part.strip() for part in line.split(":", 1)) for line in lines if ":" in line)


def train_ours(options, seed, file):
    """Trains with the recipe and keeps the margins; the model stays beside them."""
    folder, log = options.output / f"run-{seed}", options.output / "logs" / f"ours-{seed}"
    trained = run(rlhf("reward", "--config", options.recipe, "--model", options.model, "--data", options.data,
                       "--seed", seed, "--threads", options.threads, "--output", fresh_folder(folder)), log)
    scores = options.output / f"scores-{seed}.jsonl"
    run(rlhf("score", "--reward-model", folder, "--data", options.eval_data, "--threads", options.threads,
             "--output", scores), log.with_name(f"score-{seed}"))
    rows = [json.loads(line) for line in scores.read_text().splitlines()]
    keep(file, [row["chosen_score"] - row["rejected_score"] for row in rows], seconds=round(trained.seconds))


def train_peer(options, judge, seed, file):
    recipe = recipe_of(options.recipe)
    rate, epochs = ((recipe["learning-rate"], recipe["epochs"]) if judge == "trl"
                    else options.trl_best.split(":"))
    peer(options, "reward_accuracy.py", f"{judge}-{seed}", file, "--data", options.data, "--seed", seed,
         "--learning-rate", rate, "--epochs", epochs, "--batch-size", recipe["batch-size"])


def peer(options, script, name, file, *more):
    run([options.peer_python, PEERS / script, "--model", options.model, "--eval-data", options.eval_data,
         "--margins", file, *more], options.output / "logs" / name,
        {**PEER_ENVIRONMENT, "OMP_NUM_THREADS": str(options.threads)})


def make(options, judge, seed, file):
    if judge == "ours":
        train_ours(options, seed, file)
    elif judge == "length":
        peer(options, "reward_accuracy.py", "length", file, "--data", options.data, "--length-only")
    elif judge == "likelihood":
        peer(options, "loglikelihood_accuracy.py", "likelihood", file)
    else:
        train_peer(options, judge, seed, file)


def together(seeds):
    """The mean over seeds of margins that were divided by their root mean square."""
    scaled = []
    for margins in seeds:
        size = statistics.fmean(m * m for m in margins) ** 0.5 or 1
        scaled.append([m / size for m in margins])
    return [statistics.fmean(pair) for pair in zip(*scaled)]


def percent(share):
    return f"{100 * share:.1f}"


def table(kept):
    """Markdown of {judge: [margins of each seed]}."""
    shorter = kept.get("length", [None])[0]
    against = [judge for judge in ("length", "trl", "trl-best") if judge in kept]
    head = ["judge", "seeds", "mean", "95 % interval", "seeds averaged", "shorter chosen", "longer chosen",
            *(f"p against {judge}" for judge in against)]
    lines = ["| " + " | ".join(head) + " |", "| --- | --- |" + " ---: |" * (len(head) - 2)]
    for judge, seeds in kept.items():
        mean = statistics.fmean(map(accuracy, seeds))
        low, high = wilson(mean * len(seeds[0]), len(seeds[0]))
        averaged = together(seeds)
        cells = [judge, ", ".join(percent(accuracy(margins)) for margins in seeds), percent(mean),
                 f"{percent(low)} to {percent(high)}", percent(accuracy(averaged)),
                 *(by_length(averaged, shorter, sign) for sign in (1, -1)),
                 *("" if other == judge else f"{mcnemar(averaged, together(kept[other])):.3f}" for other in against)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def by_length(margins, shorter, sign):
    """Accuracy where the chosen completion is the shorter (sign 1) or the longer one (-1)."""
    part = [m for m, s in zip(margins, shorter or []) if s * sign > 0]
    return percent(accuracy(part)) if part else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("judges", nargs="*", default=JUDGES, help="which of them to make (all)")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--eval-data", type=Path, required=True)
    parser.add_argument("--recipe", type=Path, default=HOME / "examples" / "hh-reward" / "recipe.yaml")
    parser.add_argument("--trl-best", default="1e-4:1", metavar="RATE:EPOCHS")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=BENCH / "target" / "work" / "reward-seeds")
    parser.add_argument("--peer-python", type=Path, default=PEERS / "trl" / "bin" / "python")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    for path in ("model", "data", "eval_data", "recipe", "output", "peer_python"):
        setattr(options, path, Path(os.path.abspath(getattr(options, path))))
    for judge in options.judges:
        if judge not in JUDGES:
            parser.error(f"{judge}: no such judge; there are {', '.join(JUDGES)}")
    options.output.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for judge in options.judges:
            file = file_of(options, judge, seed)
            if not file.exists():
                make(options, judge, seed, file)
                kept = read(file)
                print(f"{file.stem}: {percent(accuracy(kept['margins']))} %, {kept.get('seconds', 0)} s",
                      file=sys.stderr)
    made = {judge: [read(file)["margins"] for file in files(options, judge)] for judge in JUDGES}
    print(table({judge: seeds for judge, seeds in made.items() if seeds}))


def file_of(options, judge, seed):
    return options.output / (f"{judge}-{seed}.json" if judge in TRAINED else f"{judge}.json")


def files(options, judge):
    """Of the seeds asked for, what is there; a judge that isn't trained has one."""
    every = dict.fromkeys(file_of(options, judge, seed) for seed in options.seeds)
    return [file for file in every if file.exists()]


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"reward_seeds: {failure}")
