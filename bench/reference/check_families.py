"""Loads what rlhf4j writes of every small checkpoint in transformers, and records that it agrees.

Usage: check_families.py CLASSPATH

CLASSPATH holds language-model's classes and test classes and their libraries. Each checkpoint of the
fixtures is read and written by rlhf4j as a language model and as a reward model. transformers must load
both without a tensor missing or left over, and give the log-probabilities and scores of the fixture
within 1e-4. What was written, by hash, and the differences go to the fixtures' round-trip.json, to which
the Java tests hold what rlhf4j writes.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

from model_fixtures import classifier_class
from rows import score, token_logprobs, values, write_json

MODULE = Path(__file__).resolve().parents[2] / "language-model"
FIXTURES = MODULE / "src/test/resources/fixtures"
TOLERANCE = 1e-4


def load(kind, folder):
    model, report = kind.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    for name, keys in report.items():
        if keys:
            sys.exit(f"{folder}: {name}: {sorted(map(str, keys))[:5]}")
    written = json.loads((folder / "config.json").read_text())["architectures"]
    if written != [type(model).__name__]:
        sys.exit(f"{folder}: config.json names {written}, transformers loads {type(model).__name__}")
    return model.eval()


def furthest(ours, expected):
    return (torch.as_tensor(ours) - torch.tensor(expected)).abs().max().item()


@torch.no_grad()
def causal_difference(folder, expected):
    model = load(AutoModelForCausalLM, folder)
    return max(furthest(token_logprobs(model, s["ids"][:1], s["ids"][1:]), s["at"][0]["logprobs"])
               for s in expected["sequences"])


@torch.no_grad()
def reward_difference(folder, expected):
    model = load(classifier_class(AutoConfig.from_pretrained(folder)), folder)
    worst = 0.0
    for row in expected["reward"]["rows"]:
        prompt, completion = row["prompt"], row["completion"]
        worst = max(worst, furthest(score(model, prompt, completion), row["score"]),
                    furthest(values(model, prompt, completion), row["values"]))
    return worst


def record(folder, difference):
    if difference > TOLERANCE:
        sys.exit(f"{folder}: differs by {difference:.3g}")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
              for name in ("config.json", "model.safetensors")}
    return {"difference": difference, **hashes}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("classpath", help="relative paths are seen from language-model/")
    classpath = parser.parse_args().classpath
    torch.set_num_threads(1)
    checkpoints = {}
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["java", "-cp", classpath, "org.rlhf4j.model.Checkpoints", out], cwd=MODULE, check=True)
        for folder in sorted(Path(out).iterdir()):
            expected = json.loads((FIXTURES / folder.name / "expected.json").read_text())
            causal, reward = folder / "causal", folder / "reward"
            checkpoints[folder.name] = {
                "causal": record(causal, causal_difference(causal, expected)),
                "reward": record(reward, reward_difference(reward, expected)),
            }
            print(folder.name, *(f"{kind} {made['difference']:.1e}" for kind, made in checkpoints[folder.name].items()))
    write_json(FIXTURES / "round-trip.json", {
        "script": "bench/reference/check_families.py",
        "versions": {m.__name__: m.__version__ for m in (torch, transformers)},
        "checkpoints": checkpoints,
    })


if __name__ == "__main__":
    main()
