"""Supervised fine-tuning: five AdamW steps over fixed rows."""

import torch

from rows import clip_gradients, random_ids, token_logprobs, write_json
from tiny_models import EOS, causal_model, llama_config, save_folder, save_weights

SETTINGS = {
    "steps": 5, "batch-size": 4, "learning-rate": 1e-3, "schedule": "linear", "warmup-steps": 2,
    "weight-decay": 0.01, "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-8,
    "max-grad-norm": 1.0,
}


def learning_rate(settings, step):
    """The rate of step 1..n: linear from 0 over the warm-up, then linear to 0 one step past the end."""
    done, warmup = step - 1, settings["warmup-steps"]
    if done < warmup:
        share = done / warmup
    else:
        share = (settings["steps"] - done) / (settings["steps"] - warmup)
    return settings["learning-rate"] * share


def adamw(model, settings, rate):
    """AdamW over all parameters alike: weight decay spares neither norms nor biases."""
    return torch.optim.AdamW(
        model.parameters(), lr=rate, weight_decay=settings.get("weight-decay", 0.0),
        betas=(settings["adam-beta1"], settings["adam-beta2"]), eps=settings["adam-epsilon"],
    )


def sft_loss(model, rows):
    """-(1/N) sum of log pi(y_t | x, y_<t) over all N completion tokens of the step."""
    tokens = sum(len(row["completion"]) for row in rows)
    total = 0.0
    for row in rows:
        total = total + token_logprobs(model, row["prompt"], row["completion"]).sum()
    return -total / tokens


def train(model, batches, settings, loss_of=sft_loss):
    optimizer = adamw(model, settings, 0.0)
    records = []
    for step, rows in enumerate(batches, start=1):
        rate = learning_rate(settings, step)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = loss_of(model, rows)
        loss.backward()
        grad_norm = clip_gradients(model, settings["max-grad-norm"])
        optimizer.step()
        records.append({"step": step, "learning_rate": rate, "loss": loss.detach(),
                        "grad_norm": grad_norm, "rows": rows})
    return records


def sft_batches():
    generator = torch.Generator().manual_seed(31)
    lengths = torch.randint(1, 15, (SETTINGS["steps"], SETTINGS["batch-size"], 2), generator=generator)
    return [[{"prompt": random_ids(generator, p), "completion": random_ids(generator, c) + [EOS]}
             for p, c in batch] for batch in lengths.tolist()]


def write_sft(folder):
    folder = folder / "sft"
    model = causal_model(llama_config(), 32)
    save_folder(model, folder / "model")
    steps = train(model, sft_batches(), SETTINGS)
    save_weights(model, folder / "final.safetensors")
    write_json(folder / "expected.json", {"settings": SETTINGS, "steps": steps})
    return [folder]
