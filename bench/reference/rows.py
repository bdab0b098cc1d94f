"""Rows of token ids without padding, and numbers for JSON."""

import json
from pathlib import Path

import numpy as np
import torch


def token_logits(model, prompt, completion, temperature=1.0):
    """Tempered logits [T, vocabulary] at the positions that predict each completion token."""
    ids = torch.tensor([list(prompt) + list(completion)])
    logits = model(input_ids=ids, use_cache=False).logits[0]
    return logits[len(prompt) - 1 : -1] / temperature


def token_logprobs(model, prompt, completion, temperature=1.0):
    """log pi(y_t | x, y_<t) [T] of the tempered distribution."""
    logprobs = torch.log_softmax(token_logits(model, prompt, completion, temperature), dim=-1)
    return logprobs.gather(1, torch.tensor(completion)[:, None])[:, 0]


def token_logprobs_and_entropy(model, prompt, completion, temperature=1.0):
    """Log-probabilities [T] and the entropy in nats [T] of the distribution each token came from."""
    logprobs = torch.log_softmax(token_logits(model, prompt, completion, temperature), dim=-1)
    entropy = -(logprobs.exp() * logprobs).sum(-1)
    return logprobs.gather(1, torch.tensor(completion)[:, None])[:, 0], entropy


def token_distributions(model, prompt, completion, temperature=1.0):
    """log pi of every token of the vocabulary [T, vocabulary] where each completion token came from."""
    return torch.log_softmax(token_logits(model, prompt, completion, temperature), dim=-1)


def divergences(p, q):
    """KL(p || q) [T] of log-probabilities [T, vocabulary]."""
    return (p.exp() * (p - q)).sum(-1)


def hidden_states(model, ids):
    """Final-normed hidden states [len(ids), hidden]."""
    trunk = getattr(model, model.base_model_prefix)
    return trunk(input_ids=torch.tensor([list(ids)]), use_cache=False).last_hidden_state[0]


def score(model, prompt, completion):
    """w . h at the completion's last token."""
    return model.score(hidden_states(model, list(prompt) + list(completion))[-1])[0]


def values(model, prompt, completion, head=None):
    """V_t [T], read at the position before y_t, by the model's own head or another."""
    states = hidden_states(model, list(prompt) + list(completion))
    return (head or model.score)(states[len(prompt) - 1 : -1])[:, 0]


def clip_gradients(model, max_norm):
    """Clips in place and returns the norm before clipping."""
    return torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)


def random_ids(generator, length, low=2, high=97):
    return torch.randint(low, high, (length,), generator=generator).tolist()


def plain(value):
    """Tensors as lists of the shortest decimals that read back to the same 32-bit float."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().numpy())
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value] if value.ndim else plain(value[()])
    if isinstance(value, np.float32):
        return float(str(value))
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def write_json(path, value):
    """JSON with one line per innermost list or object."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(render(plain(value)) + "\n")


def render(value, indent=""):
    flat = json.dumps(value, allow_nan=False)
    if not isinstance(value, (dict, list)) or not value or is_leaf(value):
        return flat
    inner = indent + " "
    if isinstance(value, dict):
        parts = [f"{inner}{json.dumps(k)}: {render(v, inner)}" for k, v in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + indent + "}"
    return "[\n" + ",\n".join(inner + render(v, inner) for v in value) + "\n" + indent + "]"


def is_leaf(value):
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(v, (dict, list)) for v in items)
