"""Writes bf16.json beside the fixtures of models: log-probabilities that transformers computes in bf16.

Usage: make_bf16_fixture.py, after make_fixtures.py models. Of each small checkpoint the same sequences as in its
expected.json, weights and activations in bf16, the logits' softmax in fp32; and how far that is on average from the
log-probabilities in fp32 that stand there.
"""

import json
from pathlib import Path

import torch
import transformers
from transformers import AutoModelForCausalLM

from rows import write_json

FIXTURES = Path(__file__).resolve().parents[2] / "language-model/src/test/resources/fixtures"


def logprobs(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, :-1].float()
    picked = torch.log_softmax(logits, -1).gather(1, torch.tensor(ids[1:]).unsqueeze(1))
    return picked.squeeze(1)


def of_checkpoint(folder):
    expected = json.loads((folder / "expected.json").read_text())
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, attn_implementation="eager").eval()
    rows, differences = [], []
    for sequence in expected["sequences"]:
        ours = logprobs(model, sequence["ids"])
        exact = next(at["logprobs"] for at in sequence["at"] if at["temperature"] == 1.0)
        rows.append(ours)
        differences.append((ours - torch.tensor(exact)).abs())
    return {"logprobs": rows, "mean_difference": torch.cat(differences).mean()}


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    names = sorted(path.parent.name for path in FIXTURES.glob("*/gradients.safetensors")
                   if not (path.parent / "adapter_config.json").exists())
    write_json(FIXTURES / "bf16.json", {
        "script": "bench/reference/make_bf16_fixture.py",
        "versions": {m.__name__: m.__version__ for m in (torch, transformers)},
        "checkpoints": {name: of_checkpoint(FIXTURES / name) for name in names},
    })


if __name__ == "__main__":
    main()
