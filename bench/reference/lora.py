"""Adapters saved by peft on the tiny checkpoints, with what peft computes from them and their gradients."""

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from rows import random_ids, score, token_logprobs, write_json
from tiny_models import EOS

ADAPTERS = {
    "lora-gpt2": ("gpt2", {"r": 3, "lora_alpha": 5, "target_modules": "all-linear"}),
    "lora-llama": ("llama-gqa-tied", {
        "r": 4, "lora_alpha": 8, "use_rslora": True,
        "target_modules": ["q_proj", "v_proj", "gate_proj", "down_proj"]}),
    "lora-untied": ("llama-untied-bf16", {"r": 2, "lora_alpha": 4}),
    "lora-reward": ("llama-gqa-tied", {"r": 4, "lora_alpha": 8, "task_type": "SEQ_CLS"}),
}


def write_lora(folder):
    """Writes every adapter beside its base and returns the folders made."""
    for seed, (name, (base, settings)) in enumerate(ADAPTERS.items()):
        write_adapter(folder / name, folder / base, {"task_type": "CAUSAL_LM", **settings}, 30 + seed)
    return [folder / name for name in ADAPTERS]


def write_adapter(folder, base, settings, seed):
    generator = torch.Generator().manual_seed(seed)
    model = get_peft_model(load(base, settings["task_type"]), LoraConfig(**settings)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    # What peft would write as a path from where it runs is here a path from the adapter.
    model.peft_config["default"].base_model_name_or_path = f"../{base.name}"
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    rows = [{"prompt": random_ids(generator, p), "completion": random_ids(generator, c) + [EOS]}
            for p, c in ((3, 6), (9, 2), (1, 11), (14, 4))]
    measure = add_scores if settings["task_type"] == "SEQ_CLS" else add_logprobs
    loss = measure(model, rows)
    loss.backward()
    save_gradients(model, folder / "gradients.safetensors")
    write_json(folder / "expected.json", {"rows": rows, "loss": loss})


def load(base, task):
    if task == "CAUSAL_LM":
        return AutoModelForCausalLM.from_pretrained(
            base, dtype=torch.float32, attn_implementation="eager")
    return AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=1, dtype=torch.float32, attn_implementation="eager")


def add_logprobs(model, rows):
    """The mean negative log-likelihood over all completion tokens."""
    logprobs = [token_logprobs(model, r["prompt"], r["completion"]) for r in rows]
    for row, values in zip(rows, logprobs):
        row["logprobs"] = values.detach()
    return -torch.cat(logprobs).mean()


def add_scores(model, rows):
    """The mean score."""
    scores = [model(input_ids=torch.tensor([r["prompt"] + r["completion"]])).logits[0, 0] for r in rows]
    for row, value in zip(rows, scores):
        row["score"] = value.detach()
    return torch.stack(scores).mean()


def save_gradients(model, path):
    """d loss / d weight of all that is trained, under the names that peft saves the weights by."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.zeros_like(parameter) if parameter.grad is None else parameter.grad)
    save_file({k: v.contiguous() for k, v in get_peft_model_state_dict(model).items()}, path)
