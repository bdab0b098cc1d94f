"""Loads a model folder that rlhf wrote in transformers, an adapter's in peft, and holds its numbers against ours.

check_model.py FOLDER
    loads configuration, tokenizer and weights; no tensor may be missing or left over.
check_model.py FOLDER --against logprobs.jsonl [--data rows.jsonl]
    lines {"ids", "logprobs"} as `rlhf logprobs` writes them; logprobs[i] is that of ids[i+1].
    With the rows {"text"} or {"prompt", "completion"} that went in, the ids are compared too.
check_model.py FOLDER --against scores.jsonl --data rows.jsonl
    lines {"score"} or {"chosen_score", "rejected_score"} as `rlhf score` writes them, and the rows
    {"prompt", "completion"} or {"chosen", "rejected"} that went in. Scored in right-padded batches.

Prints the largest absolute difference; exit status 1 when it is over 1e-4 (--tolerance).
"""

import argparse
import gzip
import json
import sys
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, GenerationConfig,
)


def read_lines(path):
    opened = gzip.open(path, "rt") if str(path).endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return [json.loads(line) for line in file if line.strip()]


def load(folder):
    """The model in fp32, its tokenizer, and whether it is a sequence classifier."""
    if (folder / "adapter_config.json").exists():
        return load_adapter(folder)
    config = json.loads((folder / "config.json").read_text())
    scalar = config["architectures"][0].endswith("ForSequenceClassification")
    kind = AutoModelForSequenceClassification if scalar else AutoModelForCausalLM
    model, report = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    for name, keys in report.items():
        if keys:
            sys.exit(f"{folder}: {name}: {sorted(map(str, keys))[:5]}")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if (folder / "generation_config.json").exists():
        GenerationConfig.from_pretrained(folder)
    return model.eval(), tokenizer, scalar


def load_adapter(folder):
    """The same of an adapter, by peft on its base; each of its tensors must be taken."""
    from peft import PeftModel, load_peft_weights
    settings = json.loads((folder / "adapter_config.json").read_text())
    base = settings["base_model_name_or_path"]
    scalar = settings["task_type"] == "SEQ_CLS"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if scalar:
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32)
        model.config.pad_token_id = tokenizer.pad_token_id
    else:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, folder)
    taken = {name.replace(".default", "").replace(".modules_to_save", "") for name in model.state_dict()}
    unknown = load_peft_weights(folder, device="cpu").keys() - taken
    if unknown:
        sys.exit(f"{folder}: not taken by peft: {sorted(unknown)[:5]}")
    return model.eval(), tokenizer, scalar


def row_ids(tokenizer, prompt, completion):
    """The prompt's ids are its own; the completion's what follows them in the whole, where it does."""
    prompt_ids = tokenizer(prompt)["input_ids"]
    whole = tokenizer(prompt + completion)["input_ids"]
    if whole[: len(prompt_ids)] == prompt_ids:
        return whole
    return prompt_ids + tokenizer(completion, add_special_tokens=False)["input_ids"]


def ended_ids(tokenizer, prompt, completion):
    ids = row_ids(tokenizer, prompt, completion)
    return ids if ids[-1] == tokenizer.eos_token_id else ids + [tokenizer.eos_token_id]


def shared_prompt(chosen, rejected):
    """What two dialogues share, up to and including the last common "Assistant:"."""
    same = next((i for i, (a, b) in enumerate(zip(chosen, rejected)) if a != b),
                min(len(chosen), len(rejected)))
    marker = chosen[:same].rfind("Assistant:")
    return chosen[: marker + len("Assistant:")] if marker >= 0 else ""


@torch.no_grad()
def compare_logprobs(model, tokenizer, ours, rows):
    worst = 0.0
    for i, line in enumerate(ours):
        ids = torch.tensor([line["ids"]])
        if rows:
            text = rows[i]
            expected = (tokenizer(text["text"])["input_ids"] if "text" in text
                        else row_ids(tokenizer, text["prompt"], text["completion"]))
            if expected != line["ids"]:
                sys.exit(f"row {i + 1}: ids differ: {line['ids'][:20]} against {expected[:20]}")
        if ids.shape[1] < 2:
            continue  # nothing before its only token predicts it
        logprobs = torch.log_softmax(model(input_ids=ids).logits[0, :-1], dim=-1)
        theirs = logprobs.gather(1, ids[0, 1:, None])[:, 0]
        worst = max(worst, (theirs - torch.tensor(line["logprobs"])).abs().max().item())
    return worst


def scored_texts(tokenizer, rows, ours):
    """(ids, our score) of every text that was scored."""
    texts = []
    for row, line in zip(rows, ours, strict=True):
        if "chosen" in row:
            prompt = row.get("prompt")
            split = shared_prompt(row["chosen"], row["rejected"]) if prompt is None else prompt
            for side in ("chosen", "rejected"):
                completion = row[side][len(split):] if prompt is None else row[side]
                texts.append((ended_ids(tokenizer, split, completion), line[f"{side}_score"]))
        else:
            texts.append((ended_ids(tokenizer, row["prompt"], row["completion"]), line["score"]))
    return texts


@torch.no_grad()
def compare_scores(model, tokenizer, ours, rows):
    texts = scored_texts(tokenizer, rows, ours)
    worst = 0.0
    for start in range(0, len(texts), 8):
        batch = texts[start : start + 8]
        sequences = [torch.tensor(ids) for ids, _ in batch]
        pad = torch.nn.utils.rnn.pad_sequence
        ids = pad(sequences, batch_first=True, padding_value=model.config.pad_token_id)
        mask = pad([torch.ones_like(s) for s in sequences], batch_first=True)
        theirs = model(input_ids=ids, attention_mask=mask).logits[:, 0]
        worst = max(worst, (theirs - torch.tensor([s for _, s in batch])).abs().max().item())
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    model, tokenizer, scalar = load(options.folder)
    print(f"{options.folder}: {type(model).__name__}, {model.num_parameters():,} weights, "
          f"tokenizer of {len(tokenizer)}")
    if not options.against:
        return 0
    if scalar and not options.data:
        parser.error("scores are compared on the rows they were made of: give --data")
    ours, rows = read_lines(options.against), options.data and read_lines(options.data)
    compare = compare_scores if scalar else compare_logprobs
    worst = compare(model, tokenizer, ours, rows)
    print(f"{len(ours)} rows: max |ours - transformers| {worst:.3g}")
    return int(worst > options.tolerance)


if __name__ == "__main__":
    sys.exit(main())
