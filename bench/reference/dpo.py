"""Preference optimisation: four AdamW steps over fixed comparisons, one variant for each loss."""

import copy
from itertools import combinations

import torch
from torch.nn.functional import logsigmoid

from reward import accuracy, comparison_batches
from rows import clip_gradients, token_logprobs, write_json
from sft import adamw, learning_rate
from tiny_models import causal_model, llama_config, perturbed, save_folder, save_weights

SETTINGS = {
    "steps": 4, "batch-size": 4, "learning-rate": 1e-3, "schedule": "linear", "warmup-steps": 0,
    "weight-decay": 0.0, "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-5,
    "max-grad-norm": 1.0, "loss": "sigmoid", "beta": 0.1,
}

VARIANTS = {
    "sigmoid": {},
    "ipo": {"loss": "ipo"},
    "hinge": {"loss": "hinge"},
    "conservative": {"label-smoothing": 0.15, "smoothing": "conservative"},
    "robust": {"label-smoothing": 0.15, "smoothing": "robust"},
    "reference-free": {"reference-free": True},
    "simpo": {"loss": "simpo", "beta": 2.0, "target-margin": 0.8},
    "orpo": {"loss": "orpo", "beta": 0.3},
    "orpo-prompt": {"loss": "orpo", "beta": 0.3, "train-on": ["prompt", "completion"]},
    "ranking": {"steps": 2},
}


def pair_loss(better, worse, settings):
    """The loss of a pair from what it compares; see `compared`."""
    name, beta, wrong = settings["loss"], settings["beta"], settings.get("label-smoothing", 0.0)
    difference = better - worse
    if name == "ipo":
        return (difference - 1 / (2 * beta)) ** 2
    if name == "hinge":
        return torch.clamp(1 - beta * difference, min=0)
    if name == "orpo":
        odds = [p.exp() / (1 - p.exp()) for p in (better.double(), worse.double())]
        return beta * -logsigmoid(odds[0].log() - odds[1].log()).float()
    x = beta * difference - (settings["target-margin"] if name == "simpo" else 0.0)
    right, turned = -logsigmoid(x), -logsigmoid(-x)
    if settings.get("smoothing") == "robust":
        return ((1 - wrong) * right - wrong * turned) / (1 - 2 * wrong)
    return (1 - wrong) * right + wrong * turned


def has_reference(settings):
    return settings["loss"] in ("sigmoid", "ipo", "hinge") and not settings.get("reference-free")


def compared(logprob, ref_logprob, length, settings):
    """What the loss compares: log pi - log pi_ref, divided by the tokens where the loss is per token."""
    ratio = logprob - ref_logprob if has_reference(settings) else logprob
    return ratio / length if settings["loss"] in ("ipo", "simpo", "orpo") else ratio


def implicit_reward(logprob, ref_logprob, length, settings):
    """beta (log pi - log pi_ref); per token for the losses that know no reference."""
    ratio = logprob - ref_logprob if has_reference(settings) else logprob
    return settings["beta"] * (ratio / length if settings["loss"] in ("simpo", "orpo") else ratio)


def sequence_logprob(model, prompt, completion):
    return token_logprobs(model, prompt, completion).sum()


def likelihood_loss(model, rows, settings):
    """-(1/N) sum of log pi over the best completions, with their prompts where those are trained on."""
    total, tokens = 0.0, 0
    for row in rows:
        prompt, best = row["prompt"], row["completions"][0]
        if "prompt" in settings.get("train-on", ()):
            prompt, best = prompt[:1], prompt[1:] + best
        total, tokens = total + token_logprobs(model, prompt, best).sum(), tokens + len(best)
    return -total / tokens


def dpo_loss(model, rows, settings):
    """The mean over rows of the mean over a row's pairs; the numbers of every completion beside it."""
    losses, logprobs, rewards = [], [], []
    for row in rows:
        completions = row["completions"]
        own = [sequence_logprob(model, row["prompt"], c) for c in completions]
        ref = row["ref_logprobs"]
        lengths = [len(c) for c in completions]
        values = [compared(*each, settings) for each in zip(own, ref, lengths)]
        pairs = list(combinations(values, 2))
        losses.append(sum(pair_loss(b, w, settings) for b, w in pairs) / len(pairs))
        logprobs.append(torch.stack(own).detach())
        rewards.append(torch.stack([implicit_reward(*each, settings).detach()
                                    for each in zip(own, ref, lengths)]))
    loss = sum(losses) / len(rows)
    if settings["loss"] == "orpo":
        loss = loss + likelihood_loss(model, rows, settings)
    return loss, logprobs, rewards


def margin_mean(rewards):
    pairs = [b - w for row in rewards for b, w in combinations(row.tolist(), 2)]
    return sum(pairs) / len(pairs)


def train(model, batches, settings):
    optimizer = adamw(model, settings, 0.0)
    records = []
    for step, rows in enumerate(batches, start=1):
        rate = learning_rate(settings, step)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss, logprobs, rewards = dpo_loss(model, rows, settings)
        loss.backward()
        grad_norm = clip_gradients(model, settings["max-grad-norm"])
        optimizer.step()
        records.append({
            "step": step, "learning_rate": rate, "loss": loss.detach(), "accuracy": accuracy(rewards),
            "margin_mean": margin_mean(rewards), "grad_norm": grad_norm, "rows": rows,
            "logprobs": logprobs, "rewards": rewards,
        })
    return records


def starting_models():
    """A policy and a reference that differ, so that the first log-ratios aren't 0."""
    policy = causal_model(llama_config(), 61)
    return {"policy": policy, "reference": perturbed(copy.deepcopy(policy), 0.03, 62)}


@torch.no_grad()
def batches_of(reference, settings, name):
    """Every row with the log-probabilities of its completions under the reference."""
    counts = (3, 2, 4, 2) if name == "ranking" else (2, 2, 2, 2)
    batches = comparison_batches(settings["steps"], counts)
    for row in (row for batch in batches for row in batch):
        row.pop("margin", None)
        row["ref_logprobs"] = torch.stack(
            [sequence_logprob(reference, row["prompt"], c) for c in row["completions"]])
    return batches


def settings_of(name):
    return {**SETTINGS, **VARIANTS[name]}


def write_dpo(folder):
    folder = folder / "dpo"
    models = starting_models()
    for name, model in models.items():
        save_folder(model, folder / name)
    for name in VARIANTS:
        settings, model = settings_of(name), copy.deepcopy(models["policy"])
        steps = train(model, batches_of(models["reference"], settings, name), settings)
        write_json(folder / name / "expected.json", {"settings": settings, "steps": steps})
        save_weights(model, folder / name / "final.safetensors")
    return [folder]
