"""Checkpoints with what transformers computes from them, for the tests of language-model."""

import json

import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from rows import (
    hidden_states, random_ids, score, token_logprobs, token_logprobs_and_entropy, values,
    write_json,
)
from tiny_models import (
    EOS, PAD, causal_model, gpt2_config, llama_config, save_folder, scalar_model, write_tokenizer,
)

TEMPERATURES = (1.0, 0.7)
TEXTS = ["the rain is ending", "Human: what?\n\nAssistant: 42, and 7.", "", " ", "a\nb~c"]


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
    names = ["gpt2", "llama-gqa-tied", "llama-untied-bf16", "llama-mha-fp16", "gpt2-reward", "llama-reward"]
    return [folder / name for name in names]


def as_transformers_4(folder):
    """Rewrites config.json as transformers 4 wrote it: rope_theta, rope_scaling and torch_dtype."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config |= {"rope_theta": rope["rope_theta"], "rope_scaling": None}
    config |= {"torch_dtype": config.pop("dtype"), "transformers_version": "4.46.0"}
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
    }
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
    save_file({n: p.grad.contiguous() for n, p in model.named_parameters()}, gradients_path)
    return {"rows": rows, "tokens": tokens, "loss": loss, "gradients": gradients_path.name}


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
