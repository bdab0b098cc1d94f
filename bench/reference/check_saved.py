"""Holds the number formats and shards that `rlhf` writes against torch and transformers.

check_saved.py --config CONFIG.json --tokenizer FOLDER [--rlhf COMMAND]

`rlhf new` writes one model in fp32, bf16 and fp16, in one file and in shards. transformers must load each
folder without a tensor missing or left over, in the type that config.json names; each weight must be what
torch rounds the fp32 one to, bit for bit; and transformers' own index of the loaded model must name the
same tensors and sizes. Exit status 1 where something differs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
INDEX = "model.safetensors.index.json"


def load(folder):
    model, report = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", output_loading_info=True)
    for name, keys in report.items():
        if keys:
            sys.exit(f"{folder}: {name}: {sorted(map(str, keys))[:5]}")
    return model


def compare(folder, exact, dtype, shard, out):
    """The number of weights that aren't torch's, after checks that end the program."""
    model = load(folder)
    other = {name: p.dtype for name, p in model.named_parameters() if p.dtype != TYPES[dtype]}
    if other:
        sys.exit(f"{folder}: not {dtype}: {other}")
    model.save_pretrained(out, max_shard_size=shard)
    ours, theirs = (json.loads((path / INDEX).read_text()) if (path / INDEX).exists() else None
                    for path in (folder, out))
    if (ours is None) != (theirs is None):
        sys.exit(f"{folder}: {'one file' if ours is None else 'shards'}, transformers writes otherwise")
    if ours:
        if ours["metadata"] != theirs["metadata"] or ours["weight_map"].keys() != theirs["weight_map"].keys():
            sys.exit(f"{folder}: {INDEX} says {ours['metadata']}, transformers' {theirs['metadata']}")
        files = sorted(path.name for path in folder.glob("*.safetensors"))
        if files != sorted(set(ours["weight_map"].values())):
            sys.exit(f"{folder}: files {files}, {INDEX} names others")
    else:
        files = ["model.safetensors"]
    different = sum(int((weight != exact[name].to(TYPES[dtype])).sum())
                    for name, weight in model.state_dict().items())
    print(f"{dtype} {shard:>6}: {len(files)} files, {model.num_parameters():,} weights of {model.dtype}, "
          f"{different} not as torch rounds them")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--rlhf", default=Path(__file__).resolve().parents[2] / "rlhf")
    options = parser.parse_args()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")
    different = 0
    with tempfile.TemporaryDirectory() as temp:
        work = Path(temp)
        exact = None
        for dtype in TYPES:
            for shard in ("50GB", "300KB"):
                folder = work / f"{dtype}-{shard}"
                subprocess.run([options.rlhf, "new", "--config", options.config, "--tokenizer", options.tokenizer,
                                "--output", folder, "--save-dtype", dtype, "--max-shard-size", shard],
                               check=True, stderr=subprocess.DEVNULL)
                if exact is None:
                    exact = load(folder).state_dict()
                different += compare(folder, exact, dtype, shard, work / f"theirs-{dtype}-{shard}")
    return int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
