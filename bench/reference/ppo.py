"""PPO: three rollout batches of eight completions, two epochs of two minibatches each."""

import copy

import torch

from rollouts import MAX_NEW_TOKENS, ended, random_prompt, sampled_rollout, write_rollouts
from rows import (
    clip_gradients, divergences, token_distributions, token_logprobs, token_logprobs_and_entropy, values,
    write_json,
)
from sft import adamw
from trust_region import trust_region_step
from tiny_models import causal_model, llama_config, perturbed, save_folder, save_weights, scalar_model

SETTINGS = {
    "steps": 3, "prompts-per-step": 8, "ppo-epochs": 2, "minibatches": 2,
    "max-new-tokens": MAX_NEW_TOKENS, "temperature": 1.0,
    "objective": "clip", "clip": 0.2, "value-clip": 0.2, "value-coefficient": 0.1,
    "entropy-coefficient": 0.0, "gamma": 1.0, "lambda": 0.95, "kl-coefficient": 0.05,
    "kl-estimator": "k1", "kl-in": "reward", "missing-eos-penalty": 1.0,
    "learning-rate": 1e-3, "value-learning-rate": 2e-3, "schedule": "constant", "weight-decay": 0.0,
    "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-5, "max-grad-norm": 1.0,
}


def token_rewards(rollout, old, ref, settings):
    """R_t = -beta kl_t, plus the score at the last token, less the penalty where EOS is missing.

    A completion that was interrupted gets neither.
    """
    rewards = -settings["kl-coefficient"] * (old - ref)
    if settings.get("bootstrap-cut") and not ended(rollout):
        return rewards
    penalty = 0.0 if ended(rollout) else settings["missing-eos-penalty"]
    rewards[-1] += rollout["score"] - penalty
    return rewards


def generalized_advantages(rewards, value, gamma, lam, last=0.0):
    """A_t = delta_t + gamma lambda A_{t+1}, delta_t = R_t + gamma V_{t+1} - V_t, V_{T+1} = last."""
    advantages = torch.zeros_like(rewards)
    next_value, next_advantage = last, 0.0
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + gamma * next_value - value[t]
        next_advantage = delta + gamma * lam * next_advantage
        next_value = value[t]
        advantages[t] = next_advantage
    return advantages


def n_step_advantages(rewards, value, gamma, n, last=0.0):
    """A_t: up to n discounted rewards, plus the discounted value behind them, less V_t."""
    values = torch.cat([value, torch.tensor([float(last)])])
    advantages = torch.zeros_like(rewards)
    for t in range(len(rewards)):
        m = min(n, len(rewards) - t)
        advantages[t] = sum(gamma ** l * rewards[t + l] for l in range(m)) + gamma ** m * values[t + m] - value[t]
    return advantages


def rewards_to_go(rewards, gamma, last=0.0):
    """G_t: all discounted rewards to come, plus what is behind them."""
    return torch.stack([
        sum(gamma ** (k - t) * rewards[k] for k in range(t, len(rewards))) + gamma ** (len(rewards) - t) * last
        for t in range(len(rewards))])


def whitened(advantages):
    """(A - mean) / sqrt(var + 1e-8) over all tokens of the batch, unbiased variance."""
    tokens = torch.cat(advantages)
    scale = torch.rsqrt(tokens.var(unbiased=True) + 1e-8)
    return [(a - tokens.mean()) * scale for a in advantages]


def clipped_surrogate(ratio, advantages, low, high):
    """Per token max(-A rho, -A clip(rho, 1 - low, 1 + high)), and where the second is the greater."""
    free = -advantages * ratio
    clipped = -advantages * ratio.clamp(1 - low, 1 + high)
    return torch.maximum(free, clipped), (clipped > free).float()


def used_ratio(log_ratio, settings):
    """rho, times the constant min(rho, c) / rho where there is a cap c (Espeholt et al. 2018, section 4.1).

    The gradient is then min(rho, c) times that of log pi, beyond the cap too.
    """
    ratio = log_ratio.exp()
    if "max-ratio" not in settings:
        return ratio
    constant = ratio.detach()
    return torch.clamp(constant, max=settings["max-ratio"]) / constant * ratio


def value_losses(value, old_value, returns, clip):
    """Per token 1/2 max((V - G)^2, (clip(V, V_old - eps, V_old + eps) - G)^2)."""
    clipped = old_value + (value - old_value).clamp(-clip, clip)
    return 0.5 * torch.maximum((value - returns) ** 2, (clipped - returns) ** 2)


class Critic:
    """A network of its own, or a head on the policy's trunk, with its optimizer."""

    def __init__(self, models, settings):
        self.shared = settings.get("critic") == "shared"
        self.models = models
        self.trained = models["critic"].score if self.shared else models["critic"]
        self.optimizer = adamw(self.trained, settings, settings["value-learning-rate"])

    def values(self, row, detached=False):
        if not self.shared:
            return values(self.models["critic"], *row)
        head = self.trained
        read = (lambda states: head(states.detach())) if detached else head
        return values(self.models["policy"], *row, head=read)

    def update(self, max_norm):
        norm = clip_gradients(self.trained, max_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return norm


def prepare(models, critic, rollouts, settings):
    """What a rollout batch needs before its updates; lists hold one [T] tensor per completion."""
    rows = [(r["prompt_ids"], r["completion_ids"]) for r in rollouts]
    temperature = settings["temperature"]
    with torch.no_grad():
        old = [token_logprobs(models["policy"], *row, temperature) for row in rows]
        ref = [token_logprobs(models["reference"], *row, temperature) for row in rows]
        distributions = [token_distributions(models["policy"], *row, temperature) for row in rows]
        value = [critic.values(row) for row in rows]
    rewards = [token_rewards(r, o, f, settings) for r, o, f in zip(rollouts, old, ref)]
    # The value behind the last token is read one position further, as if one more token came.
    with torch.no_grad():
        last = [float(critic.values((x, y + [2]))[-1]) if settings.get("bootstrap-cut") and not ended(r) else 0.0
                for r, (x, y) in zip(rollouts, rows)]
    gamma = settings["gamma"]
    raw = [n_step_advantages(r, v, gamma, settings["n-steps"], l) if "n-steps" in settings
           else generalized_advantages(r, v, gamma, settings["lambda"], l)
           for r, v, l in zip(rewards, value, last)]
    returns = [a + v for a, v in zip(raw, value)]
    if settings.get("advantage") == "none":
        raw = [rewards_to_go(r, gamma, l) for r, l in zip(rewards, last)]
    advantages = whitened(raw) if settings.get("whiten", True) else raw
    return {"rows": rows, "distributions": distributions, "old_logprobs": old, "ref_logprobs": ref,
            "values": value, "rewards": rewards, "raw_advantages": raw, "advantages": advantages,
            "returns": returns}


def policy_losses(ratio, advantages, divergence, step_kl_coefficient, settings):
    """The objective per token, and where a branch of it without gradient holds."""
    if settings["objective"] == "clip":
        losses, clipped = clipped_surrogate(ratio, advantages, settings["clip"], settings["clip"])
        c = settings.get("dual-clip")
        if c:
            clipped = torch.where((advantages < 0) & (ratio > c), torch.ones_like(clipped), clipped)
            losses = torch.where(advantages < 0, torch.minimum(losses, -c * advantages), losses)
        return losses, clipped
    losses = -advantages * ratio
    if settings["objective"] == "adaptive-kl":
        losses = losses + step_kl_coefficient * divergence
    return losses, torch.zeros_like(losses)


def divergence_from_old(models, batch, i, settings):
    """KL(pi_old || pi) [T] of one completion."""
    now = token_distributions(models["policy"], *batch["rows"][i], settings["temperature"])
    return divergences(batch["distributions"][i], now)


def minibatch_values(critic, batch, chosen, settings, detached=False):
    value = torch.cat([critic.values(batch["rows"][i], detached) for i in chosen])
    old, returns = (torch.cat([batch[name][i] for i in chosen]) for name in ("values", "returns"))
    return value_losses(value, old, returns, settings["value-clip"]).mean()


def update_critic(critic, batch, chosen, settings):
    """One minibatch of the critic alone."""
    value_loss = minibatch_values(critic, batch, chosen, settings, detached=True)
    (settings["value-coefficient"] * value_loss).backward()
    return {"completions": list(chosen), "tokens": sum(len(batch["values"][i]) for i in chosen),
            "value_loss": value_loss.detach(), "value_grad_norm": critic.update(settings["max-grad-norm"])}


def pretraining_loss(policy, number, settings):
    """The mean of -log pi over the completion tokens of the rows of update `number`, from 1; the rows come in order."""
    if "pretraining-rows" not in settings:
        return torch.tensor(0.0)
    rows, size = pretraining_rows(), settings["pretraining-rows"]
    batches = [rows[i:i + size] for i in range(0, len(rows), size)]
    chosen = batches[(number - 1) % len(batches)]
    return -torch.cat([token_logprobs(policy, *row, 1.0) for row in chosen]).mean()


def pretraining_rows():
    generator = torch.Generator().manual_seed(56)
    return [(random_prompt(generator), random_prompt(generator)) for _ in range(5)]


def update(models, optimizer, critic, batch, chosen, settings, step_kl_coefficient, number):
    """One minibatch: the completions with the given indices, every mean over their tokens."""
    def pick(name):
        return torch.cat([batch[name][i] for i in chosen])

    scored = [token_logprobs_and_entropy(models["policy"], *batch["rows"][i], settings["temperature"])
              for i in chosen]
    logprobs = torch.cat([s[0] for s in scored])
    entropy = torch.cat([s[1] for s in scored]).mean()
    log_ratio = logprobs - pick("old_logprobs")
    ratio = log_ratio.exp()
    used = used_ratio(log_ratio, settings)
    divergence = torch.cat([divergence_from_old(models, batch, i, settings) for i in chosen])
    losses, clipped = policy_losses(used, pick("advantages"), divergence, step_kl_coefficient, settings)
    policy_loss = losses.mean()
    value_loss = minibatch_values(critic, batch, chosen, settings)

    total = policy_loss + settings["value-coefficient"] * value_loss
    total = total - settings["entropy-coefficient"] * entropy
    pretraining = pretraining_loss(models["policy"], number, settings)
    total = total + settings.get("pretraining-coefficient", 0.0) * pretraining
    total.backward()
    grad_norm = clip_gradients(models["policy"], settings["max-grad-norm"])
    optimizer.step()
    optimizer.zero_grad()
    return {
        "completions": list(chosen), "tokens": len(ratio),
        "policy_loss": policy_loss.detach(), "value_loss": value_loss.detach(),
        "loss": total.detach(), "clip_fraction": clipped.mean(),
        "approx_kl": (ratio - 1 - log_ratio).detach().mean(),
        "ratio_mean": ratio.detach().mean(), "ratio_max": ratio.detach().max(),
        "entropy": entropy.detach(), "grad_norm": grad_norm,
        **({"pretraining_loss": pretraining.detach()} if "pretraining-rows" in settings else {}),
        "value_grad_norm": critic.update(settings["max-grad-norm"]),
    }


@torch.no_grad()
def step_kl(models, batch, settings):
    """The mean KL(pi_old || pi) over all tokens of the batch."""
    rows = range(len(batch["rows"]))
    return torch.cat([divergence_from_old(models, batch, i, settings) for i in rows]).mean()


def next_step_kl_coefficient(coefficient, kl, target):
    """Doubled above 1.5 times the target, halved below the target over 1.5."""
    return coefficient * 2 if kl > 1.5 * target else coefficient / 2 if kl < target / 1.5 else coefficient


def summary(rollouts, batch):
    """The step's metrics that are known before its updates."""
    scores = torch.tensor([r["score"] for r in rollouts])
    returns, value = torch.cat(batch["returns"]), torch.cat(batch["values"])
    kl = [(o - f).sum() for o, f in zip(batch["old_logprobs"], batch["ref_logprobs"])]
    return {
        "reward": scores.mean(), "reward_std": scores.std(unbiased=True),
        "penalized_reward": torch.stack([r.sum() for r in batch["rewards"]]).mean(),
        "kl": torch.stack(kl).mean(),
        "explained_variance": 1 - (returns - value).var() / returns.var(),
        "completion_length": sum(len(r["completion_ids"]) for r in rollouts) / len(rollouts),
        "ended": sum(map(ended, rollouts)) / len(rollouts),
    }


def train(models, rollouts_by_step, orders, settings, after_step=lambda step: None):
    """`orders[step][epoch]` lists the minibatches of an epoch, each a list of completion indices."""
    optimizer = adamw(models["policy"], settings, settings["learning-rate"])
    critic = Critic(models, settings)
    step_kl_coefficient = 1.0
    records = []
    number = 0
    for step, (rollouts, epochs) in enumerate(zip(rollouts_by_step, orders), start=1):
        batch = prepare(models, critic, rollouts, settings)
        chosen = [(e, c) for e, minibatches in enumerate(epochs, start=1) for c in minibatches]
        measured, updates = {}, []
        alone = step <= settings.get("critic-warmup-steps", 0)
        if settings["objective"] == "trust-region":
            measured = trust_region_step(models["policy"], batch, settings)
            alone = True
        for e, c in chosen:
            number += 1
            updates.append({"epoch": e, **(
                update_critic(critic, batch, c, settings) if alone
                else update(models, optimizer, critic, batch, c, settings, step_kl_coefficient, number))})
        if settings["objective"] == "adaptive-kl":
            kl = step_kl(models, batch, settings)
            measured = {"step_kl": kl, "step_kl_coefficient": step_kl_coefficient}
            step_kl_coefficient = next_step_kl_coefficient(
                step_kl_coefficient, float(kl), settings["step-kl-target"])
        lists = {k: v for k, v in batch.items() if k not in ("rows", "distributions")}
        records.append({"step": step, **summary(rollouts, batch), **measured, "minibatches": epochs,
                        **lists, "updates": updates})
        after_step(step)
    return records


def shuffled_orders(settings, completions, seed):
    generator = torch.Generator().manual_seed(seed)
    size = completions // settings["minibatches"]
    return [[[part.tolist() for part in torch.randperm(completions, generator=generator).split(size)]
             for _ in range(settings["ppo-epochs"])] for _ in range(settings["steps"])]


def starting_models():
    policy = causal_model(llama_config(), 52)
    return {"policy": policy, "reference": perturbed(copy.deepcopy(policy), 0.02, 53),
            "critic": scalar_model(llama_config(), 54)}


def fixed_rollouts(policy):
    generator = torch.Generator().manual_seed(51)
    return [[sampled_rollout(policy, step, i, random_prompt(generator), i in (2, 5), generator)
             for i in range(SETTINGS["prompts-per-step"])] for step in range(1, SETTINGS["steps"] + 1)]


VARIANTS = {
    "clip": {},
    "discounted": {"gamma": 0.9},
    "entropy": {"entropy-coefficient": 0.01, "temperature": 0.8},
    "dual-clip": {"clip": 0.02, "dual-clip": 1.03},
    "vanilla": {"objective": "vanilla", "clip": None},
    "adaptive-kl": {"objective": "adaptive-kl", "clip": None, "step-kl-target": 1e-3, "temperature": 0.8},
    "shared": {"critic": "shared"},
    "warm-up": {"critic-warmup-steps": 1, "critic": "shared"},
    "trust-region": {"objective": "trust-region", "clip": None, "step-kl-target": 0.05},
    "reinforce": {"objective": "vanilla", "clip": None, "whiten": False, "advantage": "none", "gamma": 0.9},
    "a2c": {"objective": "vanilla", "clip": None, "whiten": False, "lambda": 1.0,
            "value-learning-rate": 5e-4},
    "n-step": {"advantage-estimator": "n-step", "n-steps": 3, "gamma": 0.9},
    "pretraining": {"pretraining-coefficient": 0.5, "pretraining-rows": 2, "temperature": 0.8},
    "interrupted": {"bootstrap-cut": True, "gamma": 0.9, "value-learning-rate": 5e-4},
    "interrupted-shared": {"bootstrap-cut": True, "critic": "shared", "advantage-estimator": "n-step", "n-steps": 5},
}


def write_ppo(folder):
    folder = folder / "ppo"
    models = starting_models()
    for name, model in models.items():
        save_folder(model, folder / name)
    rollouts = fixed_rollouts(models["policy"])
    write_rollouts(folder / "rollouts.jsonl", sum(rollouts, []))
    write_json(folder / "pretraining.json", [list(row) for row in pretraining_rows()])
    for name, changes in VARIANTS.items():
        settings = {k: v for k, v in {**SETTINGS, **changes}.items() if v is not None}
        trained = copy.deepcopy(models)

        path = folder / name
        path.mkdir()

        def save_policy(step, path=path, policy=trained["policy"], settings=settings):
            # The steps of a trust region are held together one by one, by their changes of the weights.
            if settings["objective"] == "trust-region" or step == settings["steps"]:
                save_weights(policy, path / f"policy-{step}.safetensors")

        orders = shuffled_orders(settings, len(rollouts[0]), 55)
        steps = train(trained, rollouts, orders, settings, save_policy)
        write_json(path / "expected.json", {"settings": settings, "steps": steps})
        critic = trained["critic"].score if settings.get("critic") == "shared" else trained["critic"]
        save_weights(critic, path / "critic-final.safetensors")
    return [folder]
