"""How much arithmetic and memory traffic a step needs at least, from a model's config.json.

Operations are multiplications and additions of the matrix products alone (2 per weight and token);
norms, softmax, activations, the embedding's look-up, the optimizer and the sampler aren't counted.

    body(trees)  = 2 * block weights * tokens + 4 * heads * head size * layers * attended pairs
    head(m)      = 2 * vocabulary * hidden * m              only at the m positions that are predicted
    training     = 3 * forward                               (forward, and twice as much backward)

A tree is a prompt of P tokens with completions of n_i: P + sum(n_i) tokens, each prompt once, and
P(P+1)/2 + sum(n_i*P + n_i(n_i+1)/2) attended pairs (causal).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Tree:
    """A prompt and its completions, in tokens; `times` of them."""

    prompt: int
    completions: tuple[int, ...]
    times: int = 1

    @property
    def tokens(self):
        return self.times * (self.prompt + sum(self.completions))

    @property
    def pairs(self):
        own = self.prompt * (self.prompt + 1) // 2
        return self.times * (own + sum(n * self.prompt + n * (n + 1) // 2 for n in self.completions))


@dataclass(frozen=True)
class Shape:
    """A model's sizes."""

    layers: int
    hidden: int
    vocabulary: int
    attention: int  # heads * head size
    block_weights: int  # in the matrices of one layer

    @classmethod
    def of(cls, folder_or_config):
        path = Path(folder_or_config)
        config = json.loads((path / "config.json" if path.is_dir() else path).read_text())
        if config["model_type"] == "gpt2":
            hidden = config["n_embd"]
            inner = config.get("n_inner") or 4 * hidden
            return cls(config["n_layer"], hidden, config["vocab_size"], hidden,
                       4 * hidden * hidden + 2 * hidden * inner)
        hidden, heads = config["hidden_size"], config["num_attention_heads"]
        size = config.get("head_dim") or hidden // heads
        kv = size * (config.get("num_key_value_heads") or heads)
        attention = heads * size
        return cls(config["num_hidden_layers"], hidden, config["vocab_size"], attention,
                   hidden * (2 * attention + 2 * kv + 3 * config["intermediate_size"]))

    def body(self, trees):
        tokens = sum(tree.tokens for tree in trees)
        pairs = sum(tree.pairs for tree in trees)
        return self.layers * (2 * self.block_weights * tokens + 4 * self.attention * pairs)

    def head(self, predicted):
        return 2 * self.vocabulary * self.hidden * predicted

    def training(self, trees, predicted=0):
        return 3 * (self.body(trees) + self.head(predicted))

    def decode_bytes(self):
        """What one decode step reads of the weights: every matrix once, whatever the batch."""
        return FLOAT_BYTES * (self.layers * self.block_weights + self.vocabulary * self.hidden)
