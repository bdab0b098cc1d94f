"""Checkpoints with what transformers computes from them, for the tests of language-model."""

import copy
import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING, MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING, AutoModelForCausalLM,
    AutoModelForSequenceClassification,
)
from transformers.modeling_layers import GenericForSequenceClassification

from rows import (
    hidden_states, random_ids, score, token_logprobs, token_logprobs_and_entropy, values,
    write_json,
)
from tiny_models import (
    EOS, PAD, causal_model, gemma2_config, gemma3_config, gpt2_config, gpt_neox_config, granite_config,
    llama3_config, llama_config, mistral_config, olmo2_config, phi3_config, qwen2_config, qwen3_config, save_folder, scalar_model,
    smollm3_config, stablelm_config, write_tokenizer, yarn_config,
)

TEMPERATURES = (1.0, 0.7)
TEXTS = ["the rain is ending", "Human: what?\n\nAssistant: 42, and 7.", "", " ", "a\nb~c"]


FOLDERS = [
    "gpt2", "llama-gqa-tied", "llama-untied-bf16", "llama-mha-fp16", "gpt2-reward", "llama-reward",
    "llama-llama3", "mistral", "qwen2", "qwen3", "gpt-neox", "gpt-neox-in-turn", "olmo2", "smollm3",
    "gemma3", "llama-yarn", "phi3", "stablelm", "stablelm-beside", "granite", "gemma2",
]


def write_models(folder):
    """Writes every checkpoint and returns the folders made."""
    write_causal(folder / "gpt2", causal_model(gpt2_config(), 11))
    write_causal(folder / "llama-gqa-tied", causal_model(llama_config(), 12))
    untied = causal_model(llama_config(head_dim=16, tie_word_embeddings=False), 13)
    write_causal(folder / "llama-untied-bf16", untied.to(torch.bfloat16), max_shard_size="24KB")
    attention = {"num_key_value_heads": 4, "rms_norm_eps": 1e-5}
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}}
    half = causal_model(llama_config(**attention, **rope), 14)
    write_causal(folder / "llama-mha-fp16", half.to(torch.float16), rewrite=as_transformers_4)
    write_scalar(folder / "gpt2-reward", scalar_model(gpt2_config(), 15))
    write_scalar(folder / "llama-reward", scalar_model(llama_config(), 16))
    write_causal(folder / "llama-llama3", causal_model(llama3_config(), 17))
    write_causal(folder / "mistral", causal_model(mistral_config(), 18))
    write_causal(folder / "qwen2", causal_model(qwen2_config(), 19), rewrite=as_transformers_4)
    write_causal(folder / "qwen3", causal_model(qwen3_config(), 20))
    write_causal(folder / "gpt-neox", causal_model(gpt_neox_config(), 21), rewrite=neox_as_transformers_4)
    in_turn = gpt_neox_config(use_parallel_residual=False, attention_bias=False)
    write_causal(folder / "gpt-neox-in-turn", causal_model(in_turn, 22))
    write_causal(folder / "olmo2", causal_model(olmo2_config(), 23))
    write_causal(folder / "smollm3", causal_model(smollm3_config(), 24))
    write_causal(folder / "gemma3", causal_model(gemma3_config(), 25))
    write_causal(folder / "llama-yarn", causal_model(yarn_config(), 26))
    write_causal(folder / "phi3", causal_model(phi3_config(), 27))
    write_causal(folder / "stablelm", causal_model(stablelm_config(), 28))
    beside = stablelm_config(use_parallel_residual=True, qk_layernorm=True, use_qkv_bias=False)
    write_causal(folder / "stablelm-beside", causal_model(beside, 29))
    write_causal(folder / "granite", causal_model(granite_config(), 30))
    write_causal(folder / "gemma2", causal_model(gemma2_config(), 32))
    return [folder / name for name in FOLDERS]


def as_transformers_4(folder):
    """Rewrites config.json as transformers 4 wrote it: rope_theta, rope_scaling and torch_dtype."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config |= {"rope_theta": rope["rope_theta"], "rope_scaling": None}
    config |= {"torch_dtype": config.pop("dtype"), "transformers_version": "4.46.0"}
    path.write_text(json.dumps(dict(sorted(config.items())), indent=2) + "\n")


def neox_as_transformers_4(folder):
    """The same for GPT-NeoX, whose keys had names of their own."""
    as_transformers_4(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config |= {"rotary_emb_base": config.pop("rope_theta"), "rotary_pct": 0.5}
    path.write_text(json.dumps(dict(sorted(config.items())), indent=2) + "\n")


def write_causal(folder, model, rewrite=None, **save_options):
    save_folder(model, folder, **save_options)
    if rewrite:
        rewrite(folder)
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(7)
    sequences = [random_ids(generator, n, low=0) for n in (2, 5, 17, 64)]
    expected = {
        "tokenizer": tokenizations(folder),
        "sequences": [sequence_record(model, ids) for ids in sequences],
        "trees": [tree_record(model, generator, prompt, lengths)
                  for prompt, lengths in ((6, (1, 4, 9)), (1, (3, 3)), (20, (12,)))],
        "hidden": hidden_record(model, sequences[1]),
        "greedy": greedy_records(model, [random_ids(generator, n) for n in (1, 4, 9, 23)]),
        "loss": loss_record(model, generator, folder / "gradients.safetensors"),
        "reward": reward_record(model, folder.name),
    }
    check_padding(model, expected["loss"]["rows"])
    write_json(folder / "expected.json", expected)


def tokenizations(folder):
    tokenizer = write_tokenizer(folder)
    return [{"text": t, "ids": tokenizer.encode(t).ids} for t in TEXTS]


@torch.no_grad()
def sequence_record(model, ids):
    """log p(ids[i + 1] | ids[..i]) and the entropy at position i, at each temperature."""
    records = []
    for temperature in TEMPERATURES:
        logprobs, entropy = token_logprobs_and_entropy(model, ids[:1], ids[1:], temperature)
        records.append({"temperature": temperature, "logprobs": logprobs, "entropy": entropy})
    return {"ids": ids, "at": records}


@torch.no_grad()
def tree_record(model, generator, prompt_length, completion_lengths):
    """A prompt with several completions, each scored as a sequence of its own."""
    prompt = random_ids(generator, prompt_length)
    completions = [random_ids(generator, n - 1) + [EOS] for n in completion_lengths]
    return {"prompt": prompt, "completions": completions,
            "logprobs": [token_logprobs(model, prompt, c) for c in completions]}


@torch.no_grad()
def hidden_record(model, ids):
    return {"ids": ids, "states": hidden_states(model, ids)}


def greedy_records(model, prompts, max_new_tokens=12):
    """Argmax continuations; then the same with a stop id that one of them runs into midway."""
    free = [greedy(model, p, max_new_tokens, []) for p in prompts]
    stop = next(ids[t] for ids in free for t in range(2, 8) if ids[t] not in ids[:t])
    records = []
    for eos_ids in ([], [EOS], [EOS, stop]):
        for prompt in prompts:
            ids = greedy(model, prompt, max_new_tokens, eos_ids)
            reason = "eos" if ids[-1] in eos_ids else "length"
            records.append({"prompt": prompt, "max_new_tokens": max_new_tokens,
                            "eos_ids": eos_ids, "ids": ids, "finish_reason": reason})
    return records


@torch.no_grad()
def greedy(model, prompt, max_new_tokens, eos_ids):
    ids = list(prompt)
    while len(ids) < len(prompt) + max_new_tokens:
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
        best, second = logits.topk(2).values.tolist()
        assert best - second > 3e-4, "a near tie would make this fixture fragile: change the seed"
        ids.append(int(logits.argmax()))
        if ids[-1] in eos_ids:
            break
    return ids[len(prompt):]


def loss_record(model, generator, gradients_path):
    """The mean negative log-likelihood over all completion tokens of one batch, and its gradients."""
    rows = [{"prompt": random_ids(generator, p), "completion": random_ids(generator, c) + [EOS]}
            for p, c in ((3, 6), (9, 2), (1, 11), (14, 4))]
    tokens = sum(len(r["completion"]) for r in rows)
    model.zero_grad()
    loss = -sum(token_logprobs(model, r["prompt"], r["completion"]).sum() for r in rows) / tokens
    loss.backward()
    save_file({checkpoint_name(model, n): p.grad.contiguous() for n, p in model.named_parameters()}, gradients_path)
    return {"rows": rows, "tokens": tokens, "loss": loss, "gradients": gradients_path.name}


def checkpoint_name(model, name):
    """A parameter's name in the checkpoint: transformers 5 renames GPT-NeoX's head on the way in and out."""
    return "embed_out.weight" if model.config.model_type == "gpt_neox" and name == "lm_head.weight" else name


@torch.no_grad()
def check_padding(model, rows):
    """Padding on either side leaves transformers' own log-probabilities alone, as it must for ours to agree."""
    for side in ("left", "right"):
        for row, padded in zip(rows, padded_logprobs(model, rows, side)):
            alone = token_logprobs(model, row["prompt"], row["completion"])
            assert (alone - padded).abs().max() < 2e-5, f"{side} padding changed a log-probability"


def padded_logprobs(model, rows, side):
    """Log-probabilities of each row's completion in one padded batch, positions from each row's begin."""
    sequences = [r["prompt"] + r["completion"] for r in rows]
    width = max(map(len, sequences))
    pads = [[PAD] * (width - len(s)) for s in sequences]
    ids = torch.tensor([p + s if side == "left" else s + p for s, p in zip(sequences, pads)])
    mask = torch.tensor([[0] * len(p) + [1] * len(s) if side == "left" else [1] * len(s) + [0] * len(p)
                         for s, p in zip(sequences, pads)])
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    logprobs = torch.log_softmax(logits, -1)
    for row, sequence, pad, one in zip(rows, sequences, pads, logprobs):
        end = width if side == "left" else len(sequence)
        at = torch.arange(end - len(row["completion"]), end)
        yield one[at - 1, torch.tensor(row["completion"])]


def classifier_class(config):
    """The class of a sequence classifier; transformers has none of Granite, so it is made as those of others are."""
    known = MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING.get(type(config), None)
    if known:
        return known
    causal = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    base = causal.__mro__[1]
    name = causal.__name__.replace("ForCausalLM", "ForSequenceClassification")
    return type(name, (GenericForSequenceClassification, base), {})


@torch.no_grad()
def reward_record(model, name):
    """A sequence classifier on the same backbone: its class, its tensors' names and shapes, its scores."""
    config = copy.deepcopy(model.config)
    config.num_labels = 1
    classifier = classifier_class(config)._from_config(
        config, dtype=torch.float32, attn_implementation="eager").eval()
    trunk = getattr(classifier, classifier.base_model_prefix)
    trunk.load_state_dict(getattr(model, model.base_model_prefix).state_dict())
    generator = torch.Generator().manual_seed(9)
    classifier.score.weight.copy_(0.3 * torch.randn(classifier.score.weight.shape, generator=generator))
    with tempfile.TemporaryDirectory(prefix=name) as saved:
        classifier.save_pretrained(saved)
        tensors = load_file(Path(saved, "model.safetensors"))
    rows = [{"prompt": random_ids(generator, p), "completion": random_ids(generator, c) + [EOS]}
            for p, c in ((1, 1), (3, 12), (20, 14))]
    for row, batch_score in zip(rows, padded_scores(classifier, rows)):
        row["score"] = batch_score
        row["values"] = values(classifier, row["prompt"], row["completion"])
    return {
        "architecture": type(classifier).__name__,
        "tensors": {n: list(t.shape) for n, t in sorted(tensors.items())},
        "weight": classifier.score.weight[0], "rows": rows,
    }


def write_scalar(folder, model):
    save_folder(model, folder)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(8)
    rows = [{"prompt": random_ids(generator, p), "completion": random_ids(generator, c) + [EOS]}
            for p, c in ((1, 1), (3, 12), (20, 4), (7, 0), (30, 33))]
    with torch.no_grad():
        for row, batch_score in zip(rows, padded_scores(model, rows)):
            row["score"] = batch_score
            row["values"] = values(model, row["prompt"], row["completion"])
            alone = score(model, row["prompt"], row["completion"])
            assert abs(alone - batch_score) < 1e-5, "padding must not change a score"
    write_json(folder / "expected.json", {"rows": rows})


def padded_scores(model, rows):
    """transformers' own scores of one right-padded batch."""
    sequences = [torch.tensor(r["prompt"] + r["completion"]) for r in rows]
    ids = torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True, padding_value=PAD)
    return model(input_ids=ids, attention_mask=(ids != PAD).long()).logits[:, 0]
