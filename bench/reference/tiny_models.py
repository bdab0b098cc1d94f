"""Tiny random checkpoints, written by transformers' save_pretrained.

Weights are drawn wide (standard deviation 0.15 to 0.3, norm weights and biases non-trivial), so that
a wrong rotation, a missed bias or a transposed matrix shows in the first digits.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    Olmo2Config,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
    StableLmConfig,
)

VOCABULARY = 97
POSITIONS = 64
EOS = 0
PAD = 1

SPECIAL_IDS = {"bos_token_id": EOS, "eos_token_id": EOS, "pad_token_id": PAD}


def gpt2_config(**overrides):
    """GPT-2: learnt positions, biases everywhere, tanh GELU, tied head; dropout 0.1 as published."""
    return GPT2Config(
        vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=32, n_layer=2, n_head=4,
        **SPECIAL_IDS, **overrides,
    )


def llama_config(**overrides):
    """Llama with grouped queries (4 heads on 2 key-value heads) and a tied head."""
    values = {
        "vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        **SPECIAL_IDS,
    }
    return LlamaConfig(**{**values, **overrides})


def small(**overrides):
    """What the smallest checkpoints have in common: 16 wide, 4 heads of 8 on 2 key-value heads."""
    values = {
        "vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "max_position_embeddings": POSITIONS, "tie_word_embeddings": True, **SPECIAL_IDS,
    }
    return {**values, **overrides}


def rope(rope_type="default", **settings):
    return {"rope_type": rope_type, "rope_theta": 10000.0, **settings}


def llama3_config():
    """Biases everywhere, heads of 16/2, and Llama 3.1's stretched angles: two of the four pairs change."""
    stretched = rope("llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                     original_max_position_embeddings=24)
    return LlamaConfig(**small(
        num_attention_heads=2, num_key_value_heads=1, head_dim=None, attention_bias=True, mlp_bias=True,
        rope_parameters=stretched))


def yarn_config():
    """Llama stretched fourfold by YaRN: the first of the four pairs is kept, the last divided."""
    stretched = rope("yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=8, beta_slow=0.5)
    return LlamaConfig(**small(rope_parameters=stretched))


def phi3_config():
    """Half of each head turned, by LongRoPE's short factors; texts up to the original positions."""
    stretched = rope("longrope", partial_rotary_factor=0.5, short_factor=[1.1, 1.7], long_factor=[3.0, 5.0])
    values = small(rope_parameters=stretched, tie_word_embeddings=False, sliding_window=9,
                   max_position_embeddings=4 * POSITIONS, original_max_position_embeddings=POSITIONS)
    del values["head_dim"]
    return Phi3Config(**{**values, "hidden_size": 32})


def stablelm_config(**overrides):
    """Half of each head turned, biases on query, key and value."""
    values = small(rope_parameters=rope(partial_rotary_factor=0.5), use_qkv_bias=True, tie_word_embeddings=False)
    del values["head_dim"]
    return StableLmConfig(**{**values, "hidden_size": 32, **overrides})


def mistral_config():
    """A window of 7 tokens in every layer."""
    return MistralConfig(**small(sliding_window=7, rope_parameters=rope(), tie_word_embeddings=False))


def qwen2_config():
    """Biases on query, key and value; no window, though its size is named."""
    return Qwen2Config(**small(
        rope_parameters=rope(rope_theta=1e6), use_sliding_window=False, sliding_window=8, max_window_layers=1))


def qwen3_config():
    """Norms on heads, a window of 9 tokens from the second layer on, linearly stretched angles."""
    return Qwen3Config(**small(
        rope_parameters=rope("linear", factor=2.0), use_sliding_window=True, sliding_window=9,
        max_window_layers=1, attention_bias=True, tie_word_embeddings=False))


def gpt_neox_config(**overrides):
    """Half of each head turned, an output matrix of its own."""
    values = small(rope_parameters=rope(partial_rotary_factor=0.5), tie_word_embeddings=False)
    for key in ("num_key_value_heads", "head_dim"):
        del values[key]
    return GPTNeoXConfig(**{**values, "num_attention_heads": 2, **overrides})


def olmo2_config():
    """Norms after each part; dynamic angles, which are the default's up to the model's positions."""
    return Olmo2Config(**small(rope_parameters=rope("dynamic", factor=2.0), head_dim=4))


def smollm3_config():
    """Three layers, the second without rotary positions and with a window of 10 tokens."""
    return SmolLM3Config(**small(
        num_hidden_layers=3, no_rope_layer_interval=2, rope_parameters=rope(rope_theta=2e6),
        use_sliding_window=True, sliding_window=10))


def granite_config():
    """Four multipliers that are none of them 1 or what they would replace."""
    return GraniteConfig(**small(
        rope_parameters=rope(), embedding_multiplier=1.7, attention_multiplier=0.2, residual_multiplier=0.6,
        logits_scaling=1.3, attention_bias=True, mlp_bias=True))


def gemma2_config():
    """Three layers, the first and the third of which see 6 tokens; caps that are low enough to matter."""
    return Gemma2Config(**small(
        num_hidden_layers=3, sliding_window=6, query_pre_attn_scalar=10, attn_logit_softcapping=6.0,
        final_logit_softcapping=8.0, hidden_size=32, rope_parameters=rope()))


def gemma3_config():
    """Three layers, the second of which sees all and the others 6 tokens; two bases, own query scale."""
    return Gemma3TextConfig(**small(
        num_hidden_layers=3, sliding_window=6, query_pre_attn_scalar=10,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={"full_attention": rope("linear", factor=8.0, rope_theta=1e6),
                         "sliding_attention": rope()}))


def draw_weights(model, seed):
    """Redraws every parameter in the order of named_parameters from one generator."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if is_norm_weight(name):
                centre = 0.0 if model.config.model_type.startswith("gemma") else 1.0  # Gemma's are 1 + w
                parameter.copy_(centre + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif any(part in name for part in ("wte", "embed_tokens", "embed_in")):
                parameter.copy_(0.15 * noise)
            else:
                parameter.copy_(0.3 * noise)
    return model


def is_norm_weight(name):
    return name.endswith("weight") and ("norm" in name or ".ln_" in name)


def causal_model(config, seed):
    return draw_weights(AutoModelForCausalLM.from_config(config, dtype=torch.float32), seed).eval()


def scalar_model(config, seed):
    """A sequence classifier with one label: a reward model or a critic."""
    config.num_labels = 1
    model = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    return draw_weights(model, seed).eval()


def perturbed(model, scale, seed):
    """Adds scale * N(0, 1) to every weight of a model, in place."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
    return model


def write_tokenizer(folder):
    """A byte-level BPE of 97 entries over letters, digits and some punctuation; 0 ends, 1 pads."""
    alphabet = list("Ċ ,.:?!'-#".replace(" ", "Ġ"))
    alphabet += [chr(c) for c in range(ord("0"), ord("9") + 1)]
    alphabet += [chr(c) for c in range(ord("A"), ord("Z") + 1)]
    alphabet += [chr(c) for c in range(ord("a"), ord("z") + 1)]
    merges = [
        ("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("e", "r"), ("a", "n"), ("o", "u"),
        ("Ġ", "a"), ("Ġ", "s"), ("r", "e"), ("an", "d"), ("Ġ", "and"), ("in", "g"), ("o", "n"),
        ("Ġ", "w"), ("e", "n"), ("Ċ", "Ċ"), ("i", "s"), ("Ġ", "is"), ("o", "r"), ("l", "l"), ("Ġ", "t"),
    ]
    pieces = ["<|endoftext|>", "<|pad|>", "<|unknown|>"] + alphabet + [a + b for a, b in merges]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    merges = merges[: VOCABULARY - 3 - len(alphabet)]
    vocabulary = {piece: i for piece, i in vocabulary.items() if i < VOCABULARY}
    assert len(vocabulary) == VOCABULARY, len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token="<|unknown|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(pieces[:3])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>", "pad_token": "<|pad|>", "unk_token": "<|unknown|>",
        "model_max_length": POSITIONS,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    return tokenizer


def save_folder(model, folder, **options):
    """A complete Hugging Face folder: weights, configuration and tokenizer."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, **options)
    write_tokenizer(folder)


def save_weights(model, path):
    """The weights alone under their Hugging Face names; a tied head is not repeated."""
    save_file({name: p.detach().clone().contiguous() for name, p in model.named_parameters()}, path)
