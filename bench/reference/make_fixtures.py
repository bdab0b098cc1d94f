"""Writes the fixtures that the Java tests read. Usage: make_fixtures.py [PART ...], all by default."""

import shutil
import sys
from pathlib import Path

import numpy
import peft
import safetensors
import tokenizers
import torch
import transformers

from grpo import write_grpo
from lora import write_lora
from model_fixtures import write_models
from ppo import write_ppo
from recipes import write_recipes
from reward import write_reward
from rows import write_json
from sft import write_sft

ROOT = Path(__file__).resolve().parents[2]

PARTS = {
    "models": ("language-model", write_models),
    "lora": ("language-model", write_lora),
    "sft": ("sft", write_sft),
    "reward": ("reward-model", write_reward),
    "ppo": ("ppo-rlhf", write_ppo),
    "grpo": ("grpo", write_grpo),
    "recipes": ("grpo", write_recipes),
}


def provenance(part):
    return {
        "script": f"bench/reference/make_fixtures.py {part}",
        "seeds": "in the scripts, one per model and per set of rows",
        "versions": {m.__name__: m.__version__
                     for m in (torch, transformers, tokenizers, safetensors, numpy, peft)},
    }


def main(names):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in names or PARTS:
        module, write = PARTS[name]
        folder = ROOT / module / "src/test/resources/fixtures"
        for stale in folder.glob("*/provenance.json"):
            if f"bench/reference/make_fixtures.py {name}\"" in stale.read_text():
                shutil.rmtree(stale.parent)
        size = 0
        for made in write(folder):
            write_json(made / "provenance.json", provenance(name))
            size += sum(p.stat().st_size for p in made.rglob("*") if p.is_file())
        print(f"{name}: {size / 1024:.0f} KiB in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
