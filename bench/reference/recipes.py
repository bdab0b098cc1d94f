"""The recipes of GRPO's family: each paper's objective as it stands there, and its gradient.

Nothing of grpo.py's losses is used. The rollouts are step 1 of grpo.py's. The old policy isn't the
policy: its log-probabilities are the policy's less noise, so that ratios, clips and caps act.
"""

import torch
from safetensors.torch import save_file

from grpo import SETTINGS, fixed_rollouts, starting_models
from rollouts import ended
from rows import token_logprobs, token_logprobs_and_entropy, write_json

LONGEST = SETTINGS["max-new-tokens"]
GROUP = SETTINGS["group-size"]
MOVING_MEAN = 0.3


def normalised(rewards):
    """(r - mean) / std of a group; 1e-4 in the divisor is ours, for groups of equal rewards."""
    return (rewards - rewards.mean()) / (rewards.std(unbiased=True) + 1e-4)


def grouped(rewards, rule):
    return torch.cat([rule(group) for group in rewards.split(GROUP)])


def clipped(ratio, advantage, low, high):
    return torch.min(ratio * advantage, ratio.clip(1 - low, 1 + high) * advantage)


def grpo(y):
    """DeepSeekMath, equations 3 and 4."""
    advantages = grouped(y["rewards"], normalised)
    total = 0
    for lp, old, ref, a in zip(y["logprobs"], y["old"], y["ref"], advantages):
        ratio = (lp - old).exp()
        kl = (ref - lp).exp() - (ref - lp) - 1
        total += (clipped(ratio, a, 0.2, 0.2) - 0.04 * kl).sum() / len(lp)
    return total / len(advantages)


def dr_grpo(y):
    """Dr. GRPO: equation 3 without the divisions by |o| and by std; a constant in place of |o|."""
    advantages = grouped(y["rewards"], lambda r: r - r.mean())
    total = 0
    for lp, old, a in zip(y["logprobs"], y["old"], advantages):
        total += clipped((lp - old).exp(), a, 0.2, 0.2).sum() / LONGEST
    return total / len(advantages)


def overlong(length, longest=LONGEST, cache=LONGEST / 5):
    """DAPO, equation 13."""
    if length <= longest - cache:
        return 0.0
    return ((longest - cache) - length) / cache if length <= longest else -1.0


def dapo(y):
    """DAPO, equation 8, with the reward of equation 13."""
    lengths = torch.tensor([overlong(len(lp)) for lp in y["logprobs"]])
    advantages = grouped(y["rewards"] + lengths, normalised)
    total = 0
    for lp, old, a in zip(y["logprobs"], y["old"], advantages):
        total += clipped((lp - old).exp(), a, 0.2, 0.28).sum()
    return total / sum(len(lp) for lp in y["logprobs"])


def gspo(y):
    """GSPO, equations 5 to 7."""
    advantages = grouped(y["rewards"], normalised)
    total = 0
    for lp, old, a in zip(y["logprobs"], y["old"], advantages):
        s = (lp.sum() - old.sum()).div(len(lp)).exp()
        total += clipped(s, a, 3e-4, 4e-4)
    return total / len(advantages)


def penalised(y, beta=0.05):
    """R(x, y) = r - beta log pi(y|x) / pi_ref(y|x), of the policy that sampled."""
    kl = torch.stack([old.sum() - ref.sum() for old, ref in zip(y["old"], y["ref"])])
    return y["rewards"] - beta * kl


def whole(y, advantages):
    """A completion is one action; its ratio is clipped as a PPO ratio (ours: the paper makes one update)."""
    total = 0
    for lp, old, a in zip(y["logprobs"], y["old"], advantages):
        total += clipped((lp.sum() - old.sum()).exp(), a, 0.2, 0.2)
    return total / len(advantages)


def rloo(y):
    """RLOO, equation 8."""
    return whole(y, grouped(penalised(y), lambda r: r - (r.sum() - r) / (len(r) - 1)))


def rloo_on_policy(y):
    """RLOO, equation 8, to the letter: A times grad log pi of the whole completion."""
    advantages = grouped(penalised(y), lambda r: r - (r.sum() - r) / (len(r) - 1))
    return sum(a * lp.sum() for a, lp in zip(advantages, y["logprobs"])) / len(advantages)


def reinforce(y):
    """REINFORCE with a moving mean as baseline."""
    return whole(y, penalised(y) - MOVING_MEAN)


def reinforce_on_policy(y):
    advantages = penalised(y) - MOVING_MEAN
    return sum(a * lp.sum() for a, lp in zip(advantages, y["logprobs"])) / len(advantages)


def cispo(y):
    """MiniMax-M1, equations 4 and 5, without a lower bound; the cap of ScaleRL."""
    advantages = grouped(y["rewards"], normalised)
    total = 0
    for lp, old, a in zip(y["logprobs"], y["old"], advantages):
        weight = (lp - old).exp().clip(max=5).detach()
        total += (weight * a * lp).sum()
    return total / sum(len(lp) for lp in y["logprobs"])


def reinforce_plus_plus(y):
    """REINFORCE++: no baseline but the batch's mean, scaled by the batch's deviation, one update."""
    rewards = y["rewards"]
    advantages = (rewards - rewards.mean()) / (rewards.std(unbiased=True) + 1e-4)
    return sum(a * lp.sum() for a, lp in zip(advantages, y["logprobs"])) / len(advantages)


def entropy_bonus(y):
    """DeepSeekMath's objective plus 0.01 times the entropy, a mean of means as the rest."""
    means = [h.mean() for h in y["entropies"]]
    return grpo(y) + 0.01 * sum(means) / len(means)


OBJECTIVES = {
    "grpo": grpo, "dr-grpo": dr_grpo, "dapo": dapo, "gspo": gspo, "rloo": rloo,
    "reinforce": reinforce, "cispo": cispo,
    "rloo-on-policy": rloo_on_policy, "reinforce-on-policy": reinforce_on_policy,
    "reinforce-plus-plus": reinforce_plus_plus, "entropy": entropy_bonus,
}


def noise(length, generator):
    """Every fifth token is e^2 times as likely as it was, beyond a cap of 5; the others vary."""
    drawn = 0.2 * torch.randn(length, generator=generator)
    drawn[::5] = 2.0
    return drawn


def write_recipes(folder):
    folder = folder / "recipes"
    models = starting_models()
    rollouts = fixed_rollouts(models["policy"])[0]
    rows = [(r["prompt_ids"], r["completion_ids"]) for r in rollouts]
    generator = torch.Generator().manual_seed(64)
    with torch.no_grad():
        own = [token_logprobs(models["policy"], *row) for row in rows]
        ref = [token_logprobs(models["reference"], *row) for row in rows]
        old = [lp - noise(len(lp), generator) for lp in own]
    # The mean of the noise of a completion is taken out of some, so that not all are clipped.
    old = [o + (lp - o).mean() if i % 2 else o for i, (lp, o) in enumerate(zip(own, old))]
    assert any(not ended(r) for r in rollouts)
    values = {}
    for name, objective in OBJECTIVES.items():
        on_policy = name.endswith("-on-policy") or name in ("reinforce-plus-plus", "entropy")
        both = [token_logprobs_and_entropy(models["policy"], *row) for row in rows]
        y = {"logprobs": [b[0] for b in both], "entropies": [b[1] for b in both],
             "old": own if on_policy else old, "ref": ref,
             "rewards": torch.tensor([r["score"] for r in rollouts])}
        value = objective(y)
        models["policy"].zero_grad()
        value.backward()
        values[name] = -value.detach()
        gradient = {key: parameter.grad for key, parameter in models["policy"].named_parameters()}
        save_tensors(gradient, folder / f"{name}.safetensors")
    write_json(folder / "expected.json", {
        "moving-mean": MOVING_MEAN, "old_logprobs": old, "losses": values})
    return [folder]


def save_tensors(tensors, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
