"""Writes training/src/test/resources/fixtures/adamw.json: updates made by PyTorch.

    pip install torch==2.7.1 transformers==5.23.0
    python bench/reference/make_adamw_fixture.py

Eight updates of three small parameters by torch.optim.AdamW (the plain, not the fused form), gradients
clipped by clip_grad_norm_, the rate from transformers' linear schedule with warm-up.
"""

import json
import pathlib

import torch
import transformers

OUT = (
    pathlib.Path(__file__).resolve().parents[2]
    / "training/src/test/resources/fixtures/adamw.json"
)
SHAPES = {"matrix": [3, 5], "bias": [7], "cube": [2, 2, 2]}
SETTINGS = {"learning_rate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "weight_decay": 0.1}
STEPS, WARMUP, MAX_NORM = 8, 2, 3.0


def flat(tensors):
    return {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}


def main():
    torch.manual_seed(0)
    parameters = {name: torch.randn(shape).requires_grad_() for name, shape in SHAPES.items()}
    optimizer = torch.optim.AdamW(
        parameters.values(),
        lr=SETTINGS["learning_rate"],
        betas=(SETTINGS["beta1"], SETTINGS["beta2"]),
        eps=SETTINGS["epsilon"],
        weight_decay=SETTINGS["weight_decay"],
        foreach=False,
        fused=False,
    )
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    fixture = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "shapes": SHAPES,
        "settings": SETTINGS,
        "warmup_steps": WARMUP,
        "max_norm": MAX_NORM,
        "initial": flat(parameters),
        "steps": [],
    }
    for _ in range(STEPS):
        gradients = {name: torch.randn(shape) * torch.rand(()) for name, shape in SHAPES.items()}
        for name, parameter in parameters.items():
            parameter.grad = gradients[name].clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), MAX_NORM)
        rate = optimizer.param_groups[0]["lr"]
        clipped = {name: parameter.grad for name, parameter in parameters.items()}
        step = {"gradients": flat(gradients), "clipped": flat(clipped)}
        optimizer.step()
        schedule.step()
        step |= {"norm": norm.item(), "learning_rate": rate, "parameters": flat(parameters)}
        fixture["steps"].append(step)
    state = {name: optimizer.state[parameter] for name, parameter in parameters.items()}
    fixture["exp_avg"] = flat({name: s["exp_avg"] for name, s in state.items()})
    fixture["exp_avg_sq"] = flat({name: s["exp_avg_sq"] for name, s in state.items()})
    OUT.write_text(json.dumps(fixture) + "\n")


if __name__ == "__main__":
    main()
