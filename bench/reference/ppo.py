"""PPO: two rollout batches of eight completions, two epochs of two minibatches each."""

import copy

import torch

from rollouts import MAX_NEW_TOKENS, ended, random_prompt, sampled_rollout, write_rollouts
from rows import clip_gradients, token_logprobs, token_logprobs_and_entropy, values, write_json
from sft import adamw
from tiny_models import causal_model, llama_config, perturbed, save_folder, save_weights, scalar_model

SETTINGS = {
    "steps": 2, "prompts-per-step": 8, "ppo-epochs": 2, "minibatches": 2,
    "max-new-tokens": MAX_NEW_TOKENS, "temperature": 1.0,
    "objective": "clip", "clip": 0.2, "value-clip": 0.2, "value-coefficient": 0.1,
    "entropy-coefficient": 0.0, "gamma": 1.0, "lambda": 0.95, "kl-coefficient": 0.05,
    "kl-estimator": "k1", "kl-in": "reward", "missing-eos-penalty": 1.0,
    "learning-rate": 1e-3, "value-learning-rate": 2e-3, "schedule": "constant", "weight-decay": 0.0,
    "adam-beta1": 0.9, "adam-beta2": 0.999, "adam-epsilon": 1e-5, "max-grad-norm": 1.0,
}


def token_rewards(rollout, old, ref, settings):
    """R_t = -beta kl_t, plus the score at the last token, less the penalty where EOS is missing."""
    rewards = -settings["kl-coefficient"] * (old - ref)
    penalty = 0.0 if ended(rollout) else settings["missing-eos-penalty"]
    rewards[-1] += rollout["score"] - penalty
    return rewards


def generalized_advantages(rewards, value, gamma, lam):
    """A_t = delta_t + gamma lambda A_{t+1}, delta_t = R_t + gamma V_{t+1} - V_t, V_{T+1} = 0."""
    advantages = torch.zeros_like(rewards)
    next_value, next_advantage = 0.0, 0.0
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + gamma * next_value - value[t]
        next_advantage = delta + gamma * lam * next_advantage
        next_value = value[t]
        advantages[t] = next_advantage
    return advantages


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


def value_losses(value, old_value, returns, clip):
    """Per token 1/2 max((V - G)^2, (clip(V, V_old - eps, V_old + eps) - G)^2)."""
    clipped = old_value + (value - old_value).clamp(-clip, clip)
    return 0.5 * torch.maximum((value - returns) ** 2, (clipped - returns) ** 2)


def prepare(models, rollouts, settings):
    """What a rollout batch needs before its updates; lists hold one [T] tensor per completion."""
    rows = [(r["prompt_ids"], r["completion_ids"]) for r in rollouts]
    with torch.no_grad():
        old = [token_logprobs(models["policy"], *row, settings["temperature"]) for row in rows]
        ref = [token_logprobs(models["reference"], *row, settings["temperature"]) for row in rows]
        value = [values(models["critic"], *row) for row in rows]
    rewards = [token_rewards(r, o, f, settings) for r, o, f in zip(rollouts, old, ref)]
    raw = [generalized_advantages(r, v, settings["gamma"], settings["lambda"])
           for r, v in zip(rewards, value)]
    returns = [a + v for a, v in zip(raw, value)]
    return {"rows": rows, "old_logprobs": old, "ref_logprobs": ref, "values": value,
            "rewards": rewards, "raw_advantages": raw, "advantages": whitened(raw), "returns": returns}


def update(models, optimizers, batch, chosen, settings):
    """One minibatch: the completions with the given indices, every mean over their tokens."""
    def pick(name):
        return torch.cat([batch[name][i] for i in chosen])

    scored = [token_logprobs_and_entropy(models["policy"], *batch["rows"][i], settings["temperature"])
              for i in chosen]
    logprobs = torch.cat([s[0] for s in scored])
    entropy = torch.cat([s[1] for s in scored]).mean()
    value = torch.cat([values(models["critic"], *batch["rows"][i]) for i in chosen])
    log_ratio = logprobs - pick("old_logprobs")
    ratio = log_ratio.exp()
    losses, clipped = clipped_surrogate(ratio, pick("advantages"), settings["clip"], settings["clip"])
    policy_loss = losses.mean()
    value_loss = value_losses(value, pick("values"), pick("returns"), settings["value-clip"]).mean()

    for optimizer in optimizers.values():
        optimizer.zero_grad()
    total = policy_loss + settings["value-coefficient"] * value_loss
    total = total - settings["entropy-coefficient"] * entropy
    total.backward()
    norms = {name: clip_gradients(models[name], settings["max-grad-norm"]) for name in optimizers}
    for optimizer in optimizers.values():
        optimizer.step()
    return {
        "completions": list(chosen), "tokens": len(ratio),
        "policy_loss": policy_loss.detach(), "value_loss": value_loss.detach(),
        "loss": total.detach(), "clip_fraction": clipped.mean(),
        "approx_kl": (ratio - 1 - log_ratio).detach().mean(),
        "ratio_mean": ratio.detach().mean(), "ratio_max": ratio.detach().max(),
        "entropy": entropy.detach(),
        "grad_norm": norms["policy"], "value_grad_norm": norms["critic"],
    }


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


def train(models, rollouts_by_step, orders, settings):
    """`orders[step][epoch]` lists the minibatches of an epoch, each a list of completion indices."""
    optimizers = {"policy": adamw(models["policy"], settings, settings["learning-rate"]),
                  "critic": adamw(models["critic"], settings, settings["value-learning-rate"])}
    records = []
    for step, (rollouts, epochs) in enumerate(zip(rollouts_by_step, orders), start=1):
        batch = prepare(models, rollouts, settings)
        updates = [{"epoch": e, **update(models, optimizers, batch, chosen, settings)}
                   for e, minibatches in enumerate(epochs, start=1) for chosen in minibatches]
        records.append({"step": step, **summary(rollouts, batch), "minibatches": epochs,
                        **{k: v for k, v in batch.items() if k != "rows"}, "updates": updates})
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
             for i in range(SETTINGS["prompts-per-step"])] for step in (1, 2)]


def write_ppo(folder):
    folder = folder / "ppo"
    models = starting_models()
    for name, model in models.items():
        save_folder(model, folder / name)
    rollouts = fixed_rollouts(models["policy"])
    write_rollouts(folder / "rollouts.jsonl", sum(rollouts, []))
    variants = {"clip": SETTINGS,
                "entropy": {**SETTINGS, "entropy-coefficient": 0.01, "temperature": 0.8}}
    for name, settings in variants.items():
        trained = copy.deepcopy(models)
        steps = train(trained, rollouts, shuffled_orders(settings, len(rollouts[0]), 55), settings)
        write_json(folder / name / "expected.json", {"settings": settings, "steps": steps})
        save_weights(trained["policy"], folder / name / "policy-final.safetensors")
        save_weights(trained["critic"], folder / name / "critic-final.safetensors")
    return [folder]
