#!/usr/bin/env python3
"""Held-out reward against KL of the policy methods, on the same number of samples: a CSV, a plot and a table.

    bench/methods.py --model tiny-dialogue --data hh-harmless-train.jsonl.gz --eval-data hh-harmless-heldout.jsonl.gz

SFT and a reward model once, then PPO-clip, PPO-KL, A2C, TRPO, GRPO and RLOO of ours and, where their environments are
named, TRL's PPO and GRPO, for each seed. Ours evaluate themselves on the held-out prompts (`--eval-every`); TRL's policies
are saved at the same steps and judged by `rlhf compare`, which is the same evaluation. What is finished is not run again.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

import plot
from processes import BENCH, PEER_ENVIRONMENT, PEERS, Failure, machine, metrics, revision, rlhf, run

# The command and what it takes beside the sizes that all have. One update a batch for A2C, GRPO and RLOO.
OURS = {
    "PPO-clip": ("ppo", "--objective", "clip", "--ppo-epochs", 2),
    "PPO-KL": ("ppo", "--objective", "adaptive-kl", "--ppo-epochs", 2),
    "A2C": ("ppo", "--objective", "vanilla", "--ppo-epochs", 1),
    "TRPO": ("ppo", "--objective", "trust-region", "--ppo-epochs", 2),
    "GRPO": ("grpo",),
    "RLOO": ("grpo", "--recipe", "rloo"),
}
# The same number of samples, and an update has as many of the four steps before beside them.
REPLAYED = {f"{method}-replay": (*OURS[method], "--replay-buffer", 4) for method in ("PPO-clip", "GRPO")}
# Each with our method whose prompts it gets.
TRL = {"TRL PPO": "PPO-clip", "TRL GRPO": "GRPO"}
# 0.975 quantiles of Student's t for 1, 2, … degrees of freedom; the last stands for more.
T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131]
GROUP = 8
KL_COEFFICIENTS = {"ppo": 0.05, "grpo": 0.04}
PROMPT_TOKENS, NEW_TOKENS, PENALTY = 128, 48, 1
POLICY_RATE, VALUE_RATE = 1e-4, 3e-4
FIGURES = ["kl", "reward", "reference_reward", "difference", "difference_low", "difference_high", "win_rate",
           "completion_length", "ended"]
COLUMNS = ["method", "seed", "step", "samples", *FIGURES]


@dataclass(frozen=True)
class Trial:
    """What the runs share."""

    work: Path
    model: Path
    data: Path
    eval_data: Path
    steps: int
    every: int
    completions: int
    prompts: int
    threads: int
    peer_pythons: dict

    def finished(self, folder, kind, *options):
        """A run of ours, gone on with where it was stopped."""
        if not (folder / "finished").exists():
            run(rlhf(kind, *options, "--output", folder, *(["--resume"] if folder.exists() else []),
                     "--threads", self.threads, "--checkpoint-every", 1000, "--keep-checkpoints", 1),
                self.work / "logs" / folder.name)
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        return folder

    def run_folder(self, method, seed):
        return self.work / "runs" / f"{method}-{seed}"

    def sft(self):
        return self.finished(self.work / "sft", "sft", "--model", self.model, "--data", self.data, "--steps", 60,
                             "--seed", 1)

    def judge(self):
        return self.finished(
            self.work / "reward", "reward", "--model", self.sft(), "--data", self.data, "--eval-data",
            self.eval_data, "--epochs", 2, "--learning-rate", 1e-4, "--seed", 1)

    def ours(self, method, seed):
        kind, *options = {**OURS, **REPLAYED}[method]
        rates = ["--learning-rate", POLICY_RATE]
        rates += ["--value-learning-rate", VALUE_RATE] if kind == "ppo" else ["--group-size", GROUP]
        folder = self.finished(
            self.run_folder(method, seed), kind, "--model", self.sft(), "--reward-model", self.judge(),
            "--data", self.data, "--eval-data", self.eval_data, "--eval-prompts", self.prompts, "--eval-every",
            self.every, "--steps", self.steps, "--prompts-per-step",
            self.completions // (GROUP if kind == "grpo" else 1), "--max-length", PROMPT_TOKENS + NEW_TOKENS,
            "--max-new-tokens", NEW_TOKENS, "--missing-eos-penalty", PENALTY, "--seed", seed, *rates, *options)
        for line in metrics(folder):
            if "eval_reward" in line:
                yield line["step"], {name: line["eval_" + name] for name in FIGURES}

    def peer(self, method, seed):
        folder = self.run_folder(method.replace(" ", "-"), seed)
        saved = [folder / f"step-{step}" for step in range(self.every, self.steps + 1, self.every)]
        if not (folder / "judged.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            list(self.ours(TRL[method], seed))
            kind = OURS[TRL[method]][0]
            run([self.peer_pythons[kind], PEERS / "train_policy.py", kind, "--model", self.sft() / "model",
                 "--reward-model", self.judge() / "model", "--prompts",
                 self.run_folder(TRL[method], seed) / "rollouts.jsonl", "--output", folder, "--steps", self.steps,
                 "--save-every", self.every, "--completions", self.completions, "--group-size", GROUP,
                 "--max-new-tokens", NEW_TOKENS, "--missing-eos-penalty", PENALTY, "--learning-rate", POLICY_RATE,
                 "--kl-coefficient", KL_COEFFICIENTS[kind], "--seed", seed, "--threads", self.threads],
                self.work / "logs" / folder.name, PEER_ENVIRONMENT)
            judged = [self.compared(step, seed) for step in saved]
            (folder / "judged.json").write_text(json.dumps(judged, indent=1) + "\n")
            for step in saved:
                shutil.rmtree(step)
        for step, judged in zip(saved, json.loads((folder / "judged.json").read_text())):
            yield int(step.name.removeprefix("step-")), {name: judged[name] for name in FIGURES}

    def compared(self, model, seed):
        return run(
            rlhf("compare", "--model", model, "--reference-model", self.sft(), "--reward-model", self.judge(),
                 "--data", self.eval_data, "--max-length", PROMPT_TOKENS + NEW_TOKENS, "--max-new-tokens", NEW_TOKENS,
                 "--seed", seed, "--threads", self.threads, "--json"),
            self.work / "logs" / f"compare-{model.parent.name}-{model.name}").json_line()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="to start SFT from")
    parser.add_argument("--data", type=Path, required=True, help="comparisons of HH-RLHF form")
    parser.add_argument("--eval-data", type=Path, required=True, help="others, held out")
    parser.add_argument("--output", type=Path, default=BENCH / "target" / "work" / "methods")
    parser.add_argument("--methods", type=lambda text: text.split(","), default=[*OURS, *TRL],
                        help="of " + ", ".join([*OURS, *REPLAYED, *TRL]) + "; those with replay only if named")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=16, help="of each run")
    parser.add_argument("--eval-every", type=int, default=4)
    parser.add_argument("--completions", type=int, default=32, help="of a step, a multiple of 8")
    parser.add_argument("--eval-prompts", type=int, default=200, help="all of --eval-data, for TRL takes all")
    parser.add_argument("--at-kl", type=lambda text: [float(kl) for kl in text.split(",")], default=[1.0, 2.0, 4.0])
    parser.add_argument("--plot-kl", type=float, default=8.0, help="nats to which curves are plotted")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--peer-python", type=Path, help="of an environment with peers/requirements.txt")
    parser.add_argument("--ppo-peer-python", type=Path, help="of an environment with peers/requirements-ppo.txt")
    options = parser.parse_args()
    known = [*OURS, *REPLAYED, *TRL]
    unknown = [name for name in options.methods if name not in known]
    if unknown:
        parser.error(f"{unknown[0]}: no such method; there are {', '.join(known)}")
    if options.completions % GROUP or options.steps % options.eval_every:
        parser.error(f"--completions must be a multiple of {GROUP}, --steps one of --eval-every")
    return options


def absolute(path):
    return Path(os.path.abspath(path))


def gain_at(points, kl):
    """The reward gained where a run first reaches a KL, between its evaluations; None where it doesn't."""
    before = (0.0, 0.0)
    for point in points:
        if point[0] >= kl > before[0]:
            share = (kl - before[0]) / (point[0] - before[0])
            return before[1] + share * (point[1] - before[1])
        before = point
    return None


def spread(values, digits=2):
    """Mean ± standard deviation over seeds."""
    if not values:
        return "–"
    deviation = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{deviation}"


def table(lines, kls):
    """Markdown: the last evaluation of each run, the gain at equal KL, and the reward as it is trained for."""
    heads = ["method", "gain", "KL, nats", "win rate", *(f"gain at {kl:g} nats" for kl in kls), "length", "ended",
             "less penalties"]
    rows = ["| " + " | ".join(heads) + " |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    for method in dict.fromkeys(line["method"] for line in lines):
        runs = {}
        for line in lines:
            if line["method"] == method:
                runs.setdefault(line["seed"], []).append(line)
        last = [evaluations[-1] for evaluations in runs.values()]
        cells = [spread([line[name] for line in last]) for name in ("difference", "kl", "win_rate")]
        for kl in kls:
            gains = [gain_at([(line["kl"], line["difference"]) for line in evaluations], kl)
                     for evaluations in runs.values()]
            reached = [gain for gain in gains if gain is not None]
            cells.append(spread(reached) + (f" ({len(reached)})" if 0 < len(reached) < len(gains) else ""))
        cells += [spread([line[name] for line in last], digits) for name, digits in (("completion_length", 1),
                                                                                     ("ended", 2))]
        cells.append(spread([line["reward"] - PENALTY * (1 - line["ended"]) for line in last]))
        rows.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def gains(lines, method, kl):
    """By seed, the gain of a method where it first reaches a KL; seeds that don't reach it are left out."""
    runs = {}
    for line in lines:
        if line["method"] == method:
            runs.setdefault(line["seed"], []).append((line["kl"], line["difference"]))
    found = {seed: gain_at(points, kl) for seed, points in runs.items()}
    return {seed: gain for seed, gain in found.items() if gain is not None}


def paired(ours, theirs):
    """Mean difference over the seeds that both have, and half its 95 % interval (Student's t); None for fewer than two."""
    differences = [ours[seed] - theirs[seed] for seed in ours.keys() & theirs.keys()]
    if len(differences) < 2:
        return None
    t = T_975[min(len(differences) - 1, len(T_975)) - 1]
    half = t * statistics.stdev(differences) / math.sqrt(len(differences))
    return statistics.mean(differences), half, len(differences)


def beside(lines, kls):
    """Markdown: how much more ours gains than TRL's at equal KL, seed by seed."""
    rows = []
    for theirs, ours in TRL.items():
        for kl in kls:
            made = paired(gains(lines, ours, kl), gains(lines, theirs, kl))
            if made:
                rows.append("| {} less {} | {:g} | {:+.2f} ± {:.2f} | {} |".format(ours, theirs, kl, *made))
    heads = ["| difference | at nats | gain, 95 % interval | seeds |", "| --- | ---: | ---: | ---: |"]
    return "\n".join(["", *heads, *rows]) + "\n" if rows else ""


def curves(lines):
    """By method the mean over seeds of (KL, gain) at each evaluation, from where all begin."""
    by_method = {}
    for line in lines:
        by_method.setdefault(line["method"], {}).setdefault(line["step"], []).append(line)
    return {method: [(0.0, 0.0)] + [tuple(statistics.mean(line[name] for line in at) for name in ("kl", "difference"))
                                    for _, at in sorted(steps.items())]
            for method, steps in by_method.items()}


def up_to(points, kl):
    """The beginning of a curve, to where it first gets to a KL."""
    kept = []
    for x, y in points:
        if x > kl:
            x0, y0 = kept[-1]
            return kept + [(kl, y0 + (kl - x0) / (x - x0) * (y - y0))]
        kept.append((x, y))
    return kept


def write(lines, options):
    with open(options.output / "methods.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    (options.output / "methods.md").write_text(table(lines, options.at_kl) + beside(lines, options.at_kl))
    title = f"{options.model.name}, {options.steps} × {options.completions} samples, {len(options.seeds)} seeds"
    (options.output / "methods.svg").write_text(
        plot.svg(title, "KL to the reference, nats a completion", "held-out reward gained",
                 {method: up_to(points, options.plot_kl) for method, points in curves(lines).items()}))


def main():
    options = arguments()
    output = absolute(options.output)
    trial = Trial(output, absolute(options.model), absolute(options.data), absolute(options.eval_data), options.steps,
                  options.eval_every, options.completions, options.eval_prompts, options.threads,
                  {kind: python and absolute(python) for kind, python in
                   (("ppo", options.ppo_peer_python), ("grpo", options.peer_python))})
    print(f"{machine()}, {options.threads} threads, commit {revision()}", flush=True)
    lines = []
    for seed in options.seeds:
        for method in options.methods:
            if method in TRL and not trial.peer_pythons[OURS[TRL[method]][0]]:
                continue
            made = trial.peer(method, seed) if method in TRL else trial.ours(method, seed)
            for step, figures in made:
                lines.append({"method": method, "seed": seed, "step": step, "samples": step * options.completions,
                              **figures})
            last = lines[-1]
            print(f"{method:10s} seed {seed}: gain {last['difference']:+.3f} at {last['kl']:.2f} nats", flush=True)
            write(lines, options)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"methods: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
