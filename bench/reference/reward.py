"""The Bradley-Terry reward model: five AdamW steps over fixed comparisons, in three variants."""

import copy
from itertools import combinations

import torch
from torch.nn.functional import logsigmoid

from rows import clip_gradients, random_ids, score, write_json
from sft import adamw, learning_rate
from tiny_models import EOS, llama_config, save_folder, save_weights, scalar_model

SETTINGS = {
    "steps": 5, "batch-size": 4, "learning-rate": 1e-3, "schedule": "linear", "warmup-steps": 0,
    "weight-decay": 0.0, "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-8,
    "max-grad-norm": 1.0, "center-coefficient": 0.0,
}


def pair_loss(better, worse, margin, center):
    """-log sigmoid(r_w - r_l - m) + c (r_w + r_l)^2."""
    return -logsigmoid(better - worse - margin) + center * (better + worse) ** 2


def row_loss(scores, margin, center):
    """The mean pair loss over the C(K, 2) pairs of a row whose completions stand best first."""
    pairs = list(combinations(scores, 2))
    return sum(pair_loss(better, worse, margin, center) for better, worse in pairs) / len(pairs)


def reward_loss(model, rows, center):
    """The mean over rows; also the scores of every row, best completion first."""
    scores = [[score(model, row["prompt"], c) for c in row["completions"]] for row in rows]
    losses = [row_loss(s, row.get("margin", 0.0), center) for s, row in zip(scores, rows)]
    return sum(losses) / len(rows), scores


def accuracy(scores):
    """The share of a batch's pairs that are ordered right; a tie counts one half."""
    pairs = [pair for row in scores for pair in combinations([s.item() for s in row], 2)]
    return sum(0.5 * (a == b) + (a > b) for a, b in pairs) / len(pairs)


def train(model, batches, settings):
    optimizer = adamw(model, settings, 0.0)
    records = []
    for step, rows in enumerate(batches, start=1):
        rate = learning_rate(settings, step)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss, scores = reward_loss(model, rows, settings["center-coefficient"])
        loss.backward()
        grad_norm = clip_gradients(model, settings["max-grad-norm"])
        optimizer.step()
        records.append({
            "step": step, "learning_rate": rate, "loss": loss.detach(), "accuracy": accuracy(scores),
            "grad_norm": grad_norm, "rows": rows,
            "scores": [torch.stack(row).detach() for row in scores],
        })
    return records


def comparison_batches(steps, completions_of_row):
    """Rows of a prompt and its completions, best first; every second row has a margin."""
    generator = torch.Generator().manual_seed(41)
    batches = []
    for _ in range(steps):
        batch = []
        for i, count in enumerate(completions_of_row):
            lengths = torch.randint(1, 13, (count + 1,), generator=generator).tolist()
            row = {"prompt": random_ids(generator, lengths[0])}
            row["completions"] = [random_ids(generator, n) + [EOS] for n in lengths[1:]]
            if i % 2 and count == 2:
                row["margin"] = round(float(torch.rand((), generator=generator)), 3)
            batch.append(row)
        batches.append(batch)
    return batches


def write_reward(folder):
    folder = folder / "bradley-terry"
    start = scalar_model(llama_config(), 42)
    save_folder(start, folder / "model")
    variants = {
        "pairs": (SETTINGS, (2, 2, 2, 2)),
        "centred": ({**SETTINGS, "center-coefficient": 0.01}, (2, 2, 2, 2)),
        "ranking": ({**SETTINGS, "steps": 2}, (3, 2, 4, 2)),
    }
    for name, (settings, counts) in variants.items():
        model = copy.deepcopy(start)
        steps = train(model, comparison_batches(settings["steps"], counts), settings)
        write_json(folder / name / "expected.json", {"settings": settings, "steps": steps})
        save_weights(model, folder / name / "final.safetensors")
    return [folder]
