"""GRPO: three rollout batches of three groups of four completions, two updates per batch."""

import copy

import torch

from ppo import clipped_surrogate, used_ratio
from rollouts import MAX_NEW_TOKENS, ended, random_prompt, sampled_rollout, write_rollouts
from rows import clip_gradients, token_logprobs, token_logprobs_and_entropy, write_json
from sft import adamw
from tiny_models import causal_model, llama_config, perturbed, save_folder, save_weights

SETTINGS = {
    "steps": 3, "prompts-per-step": 3, "group-size": 4, "updates-per-batch": 2,
    "max-new-tokens": MAX_NEW_TOKENS, "temperature": 1.0,
    "advantage": "group", "loss": "grpo", "clip-low": 0.2, "clip-high": 0.2,
    "kl-coefficient": 0.04, "kl-estimator": "k3", "kl-in": "loss", "kl-ratio-correction": False,
    "missing-eos-penalty": 0.0, "mask-cut-completions": False,
    "learning-rate": 2e-3, "schedule": "constant", "weight-decay": 0.0,
    "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-5, "max-grad-norm": 1.0,
}


class RunningMean:
    """An exponential mean of the batches' mean rewards, the first batch's own to begin with."""

    def __init__(self):
        self.mean = None

    def advantages(self, rewards):
        mean = rewards.mean() if self.mean is None else self.mean
        self.mean = 0.99 * mean + 0.01 * rewards.mean()
        return rewards - mean


def group_advantages(rewards, kind):
    """One number per completion of a group: (r - mean) / (std + 1e-4), unbiased; r - mean; or r - mean of the others."""
    if kind == "leave-one-out":
        return rewards - (rewards.sum() - rewards) / (len(rewards) - 1)
    centred = rewards - rewards.mean()
    return centred / (rewards.std(unbiased=True) + 1e-4) if kind == "group" else centred


def completion_losses(logprobs, old, ref, advantage, settings):
    """Policy loss, k3 to the reference, and clipping, one value per token of one completion."""
    log_ratio = logprobs - old
    if settings["loss"] == "gspo":
        log_ratio = log_ratio.mean().expand_as(log_ratio)
    elif settings["loss"] == "sequence":
        log_ratio = log_ratio.sum().expand_as(log_ratio)
    ratio = used_ratio(log_ratio, settings)
    losses, clipped = clipped_surrogate(ratio, advantage, settings["clip-low"], settings["clip-high"])
    d = ref - logprobs
    k3 = d.exp() - 1 - d
    if settings["loss"] == "sequence":  # the KL of a whole completion is the sum over its tokens
        k3 = k3 * len(k3)
    if settings["kl-ratio-correction"]:
        k3 = k3 * (used_ratio(logprobs - old, settings) if settings["loss"] == "gspo" else ratio)
    return losses, k3, clipped


def reduced(per_token, settings):
    """The step's loss of the completions' per-token values [T_i], in the order of the batch.

    A masked completion is empty here: it counts among the completions, but brings no tokens.
    """
    if settings["loss"] in ("grpo", "gspo", "sequence"):
        means = [values.mean() if len(values) else values.sum() for values in per_token]
        return sum(means) / len(means)
    total = sum(values.sum() for values in per_token)
    if settings["loss"] == "dapo":
        return total / sum(len(values) for values in per_token)
    return total / (len(per_token) * settings["max-new-tokens"])


def prepare(models, rollouts, settings, baseline):
    rows = [(r["prompt_ids"], r["completion_ids"]) for r in rollouts]
    size = settings["group-size"]
    penalized = [r["score"] - (0.0 if ended(r) else settings["missing-eos-penalty"]) for r in rollouts]
    with torch.no_grad():
        old = [token_logprobs(models["policy"], *row, settings["temperature"]) for row in rows]
        ref = [token_logprobs(models["reference"], *row, settings["temperature"]) for row in rows]
    rewards = torch.tensor(penalized)
    if settings["kl-in"] == "reward":
        kl = torch.stack([(o - f).sum() for o, f in zip(old, ref)])
        rewards = rewards - settings["kl-coefficient"] * kl
    if settings["advantage"] == "running-mean":
        advantages = baseline.advantages(rewards)
    else:
        advantages = torch.cat([group_advantages(g, settings["advantage"]) for g in rewards.split(size)])
    masked = [settings["mask-cut-completions"] and not ended(r) for r in rollouts]
    return {"rows": rows, "masked": masked, "old_logprobs": old, "ref_logprobs": ref,
            "advantages": advantages}


def update(models, optimizer, batch, settings):
    """One update over the whole batch."""
    policy, kl, clips, log_ratios, entropies = [], [], [], [], []
    for i, row in enumerate(batch["rows"]):
        logprobs, entropy = token_logprobs_and_entropy(models["policy"], *row, settings["temperature"])
        old, ref = batch["old_logprobs"][i], batch["ref_logprobs"][i]
        losses, k3, clipped = completion_losses(logprobs, old, ref, batch["advantages"][i], settings)
        kept = 0 if batch["masked"][i] else len(logprobs)
        policy.append(losses[:kept])
        kl.append(k3[:kept])
        clips.append(clipped[:kept])
        log_ratios.append((logprobs - old).detach()[:kept])
        entropies.append(entropy.detach()[:kept])
    policy_loss, kl_loss = reduced(policy, settings), reduced(kl, settings)
    in_loss = settings["kl-in"] == "loss"
    loss = policy_loss + settings["kl-coefficient"] * kl_loss if in_loss else policy_loss
    optimizer.zero_grad()
    loss.backward()
    grad_norm = clip_gradients(models["policy"], settings["max-grad-norm"])
    optimizer.step()
    log_ratio = torch.cat(log_ratios)
    ratio = log_ratio.exp()
    return {
        "loss": loss.detach(), "policy_loss": policy_loss.detach(), "kl_loss": kl_loss.detach(),
        "clip_fraction": torch.cat(clips).mean(), "approx_kl": (ratio - 1 - log_ratio).mean(),
        "ratio_mean": ratio.mean(), "ratio_max": ratio.max(),
        "entropy": torch.cat(entropies).mean(), "grad_norm": grad_norm,
    }


def summary(rollouts, batch, settings):
    scores = torch.tensor([r["score"] for r in rollouts])
    kl = [(o - f).sum() for o, f in zip(batch["old_logprobs"], batch["ref_logprobs"])]
    groups = batch["advantages"].view(-1, settings["group-size"])
    return {
        "reward": scores.mean(), "reward_std": scores.std(unbiased=True),
        "kl": torch.stack(kl).mean(),
        "equal_reward_groups": int((groups == 0).all(1).sum()),
        "completion_length": sum(len(r["completion_ids"]) for r in rollouts) / len(rollouts),
        "ended": sum(map(ended, rollouts)) / len(rollouts),
    }


def train(models, rollouts_by_step, settings):
    optimizer = adamw(models["policy"], settings, settings["learning-rate"])
    baseline = RunningMean()
    records = []
    for step, rollouts in enumerate(rollouts_by_step, start=1):
        batch = prepare(models, rollouts, settings, baseline)
        updates = [update(models, optimizer, batch, settings)
                   for _ in range(settings["updates-per-batch"])]
        records.append({"step": step, **summary(rollouts, batch, settings),
                        **{k: v for k, v in batch.items() if k != "rows"}, "updates": updates})
    return records


def starting_models():
    policy = causal_model(llama_config(), 62)
    return {"policy": policy, "reference": perturbed(copy.deepcopy(policy), 0.02, 63)}


def fixed_rollouts(policy):
    """Three groups a step: one with a cut completion, one with equal rewards, one ordinary."""
    generator = torch.Generator().manual_seed(61)
    steps = []
    for step in range(1, SETTINGS["steps"] + 1):
        rollouts = []
        for group in range(SETTINGS["prompts-per-step"]):
            prompt = random_prompt(generator)
            for i in range(SETTINGS["group-size"]):
                cut = (group, i) == (0, 2)
                rollouts.append(sampled_rollout(policy, step, group, prompt, cut, generator))
                if group == 1:
                    rollouts[-1]["score"] = 0.5
        steps.append(rollouts)
    return steps


VARIANTS = {
    "grpo": {},
    "grpo-masked": {"mask-cut-completions": True, "temperature": 0.8, "kl-ratio-correction": True},
    "dapo": {"loss": "dapo", "clip-high": 0.28},
    "dr-grpo": {"loss": "dr-grpo", "advantage": "mean-only"},
    "gspo": {"loss": "gspo", "clip-low": 3e-4, "clip-high": 4e-4},
    "sequence": {"loss": "sequence"},
    "rloo": {"loss": "sequence", "advantage": "leave-one-out", "kl-in": "reward", "kl-estimator": "k1"},
    "reinforce": {"advantage": "running-mean", "kl-in": "reward", "kl-estimator": "k1", "max-ratio": 1.05},
}


def write_grpo(folder):
    folder = folder / "grpo"
    models = starting_models()
    for name, model in models.items():
        save_folder(model, folder / name)
    rollouts = fixed_rollouts(models["policy"])
    write_rollouts(folder / "rollouts.jsonl", sum(rollouts, []))
    for name, changes in VARIANTS.items():
        settings = {**SETTINGS, **changes}
        trained = copy.deepcopy(models)
        steps = train(trained, rollouts, settings)
        write_json(folder / name / "expected.json", {"settings": settings, "steps": steps})
        save_weights(trained["policy"], folder / name / f"policy-{settings['steps']}.safetensors")
    return [folder]
