"""TRL's RewardTrainer on HH-RLHF comparisons, judged pair by pair on the held-out file.

Prints one JSON line per learning rate: accuracy over all held-out pairs (a tie counts one half) with
its 95 % Wilson interval, mean loss and margin. --length-only prints what guessing by length gives.
--margins keeps the last model's margins (by length: those of preferring the shorter), pair by pair.
"""

import argparse
import json
import math
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from dialogues import preference_rows
from judged import judged, keep


def dialogue_ids(tokenizer, prompt, completion, max_length):
    """Prompt, completion and EOS; what is too long loses its beginning."""
    return (tokenizer(prompt + completion)["input_ids"] + [tokenizer.eos_token_id])[-max_length:]


@torch.no_grad()
def score_margins(model, tokenizer, rows, max_length):
    model.eval()
    margins = []
    for row in rows:
        scores = []
        for side in ("chosen", "rejected"):
            ids = dialogue_ids(tokenizer, row["prompt"], row[side], max_length)
            scores.append(model(input_ids=torch.tensor([ids])).logits[0, 0].item())
        margins.append(scores[0] - scores[1])
    return margins


def evaluated(margins):
    loss = sum(math.log1p(math.exp(-m)) for m in margins) / len(margins)
    mean = sum(margins) / len(margins)
    return {**judged(margins), "loss": round(loss, 4), "margin_mean": round(mean, 4)}


def length_only(tokenizer, rows):
    """Margins of the judge that prefers the longer completion, and of the one that prefers the shorter."""
    def length(text):
        return len(tokenizer(text)["input_ids"])

    longer = [length(r["chosen"]) - length(r["rejected"]) for r in rows]
    return longer, [-difference for difference in longer]


def common(options, folder):
    return dict(output_dir=folder, report_to="none", use_cpu=True, bf16=False, save_strategy="no",
                seed=options.seed, per_device_train_batch_size=options.micro_batch, disable_tqdm=True,
                gradient_accumulation_steps=options.batch_size // options.micro_batch,
                max_length=options.max_length, gradient_checkpointing=False, logging_steps=50)


def fine_tuned(options, tokenizer, rows, folder):
    """The base model after one epoch of TRL's SFT on the chosen side, saved for the reward model."""
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32),
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([{"prompt": r["prompt"], "completion": r["chosen"]} for r in rows]),
        args=SFTConfig(**common(options, folder), learning_rate=options.sft_learning_rate,
                       num_train_epochs=1, completion_only_loss=True))
    trainer.train()
    trainer.save_model(folder)
    return folder


def train_reward(options, tokenizer, rows, base, rate, folder):
    torch.manual_seed(options.seed)
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32)
    trainer = RewardTrainer(
        model=model, processing_class=tokenizer, train_dataset=Dataset.from_list(rows),
        args=RewardConfig(**common(options, folder), learning_rate=rate,
                          num_train_epochs=options.epochs, disable_dropout=True))
    trainer.train()
    return model, len(trainer.train_dataset)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--eval-data", required=True)
    parser.add_argument("--learning-rate", type=float, nargs="*", default=[1e-5, 5e-5, 1e-4])
    parser.add_argument("--epochs", type=float, default=1)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--micro-batch", type=int, default=2, help="pairs padded together")
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sft-learning-rate", type=float, help="fine-tune on the chosen side first")
    parser.add_argument("--length-only", action="store_true")
    parser.add_argument("--margins", help="file for the margins of each held-out pair")
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    held_out = preference_rows(options.eval_data)
    if options.length_only:
        longer, shorter = length_only(tokenizer, held_out)
        if options.margins:
            keep(options.margins, shorter)
        print(json.dumps({"longer_is_chosen": judged(longer), "shorter_is_chosen": judged(shorter)}))
        return
    rows = preference_rows(options.data)
    with tempfile.TemporaryDirectory() as folder:
        base = options.model
        if options.sft_learning_rate:
            base = fine_tuned(options, tokenizer, rows, folder)
        for rate in options.learning_rate:
            start = time.time()
            model, kept = train_reward(options, tokenizer, rows, base, rate, folder)
            seconds = round(time.time() - start)
            margins = score_margins(model, tokenizer, held_out, options.max_length)
            if options.margins:
                keep(options.margins, margins, seconds=seconds)
            print(json.dumps({
                "learning_rate": rate, "sft_learning_rate": options.sft_learning_rate,
                "epochs": options.epochs, "seed": options.seed, "trained_on": kept,
                **evaluated(margins), "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
