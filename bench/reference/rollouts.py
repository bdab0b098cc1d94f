"""Fixed rollouts for PPO and GRPO: sampled once, then replayed."""

import json

import torch

from rows import random_ids, token_logits
from tiny_models import EOS, PAD

MAX_NEW_TOKENS = 12


@torch.no_grad()
def sample(model, prompt, length, ended, generator):
    """Samples `length` tokens other than EOS; an ended completion gets EOS in the last place.

    The pad id isn't drawn either: transformers' Llama gives its embedding no gradient.
    """
    ids = []
    for _ in range(length - ended):
        logits = token_logits(model, prompt, ids + [EOS])[-1]
        logits[[EOS, PAD]] = -torch.inf
        ids.append(int(torch.multinomial(torch.softmax(logits, -1), 1, generator=generator)))
    return ids + [EOS] if ended else ids


def sampled_rollout(model, step, group, prompt, cut, generator):
    """One line of rollouts.jsonl; a cut completion is `MAX_NEW_TOKENS` long and has no EOS."""
    length = MAX_NEW_TOKENS
    if not cut:
        length = int(torch.randint(2, MAX_NEW_TOKENS + 1, (), generator=generator))
    score = round(float(torch.randn((), generator=generator)), 3)
    return {"step": step, "group": group, "prompt_ids": prompt,
            "completion_ids": sample(model, prompt, length, not cut, generator), "score": score}


def random_prompt(generator):
    return random_ids(generator, int(torch.randint(1, 10, (), generator=generator)))


def write_rollouts(path, rollouts):
    path.write_text("".join(json.dumps(rollout) + "\n" for rollout in rollouts))


def ended(rollout):
    return rollout["completion_ids"][-1] == EOS
