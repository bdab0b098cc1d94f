"""What every peer script shares: arguments, models from a config and a seed, the clock, the JSON line."""

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer,
    TrainerCallback,
)


def arguments(description, **defaults):
    """The common options, and one option per keyword with its default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", help="a Hugging Face folder; in place of --model-config and --seed")
    parser.add_argument("--model-config", help="a config.json: fresh weights from --seed")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--data", required=True, help="rows of HH-RLHF form (.jsonl, .jsonl.gz)")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--warmup", type=int, default=1, help="steps left out of the median")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    for name, default in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    options = parser.parse_args()
    if bool(options.model) == bool(options.model_config):
        parser.error("give --model or --model-config")
    if options.warmup >= options.steps:
        parser.error("--warmup must leave at least one step")
    torch.set_num_threads(options.threads)
    options.text_tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
    return options


def causal_model(options, dtype=torch.float32):
    if options.model:
        return AutoModelForCausalLM.from_pretrained(options.model, dtype=dtype)
    torch.manual_seed(options.seed)
    config = AutoConfig.from_pretrained(options.model_config)
    return AutoModelForCausalLM.from_config(config, dtype=dtype)


def scalar_model(options, folder=None):
    """A reward model or critic: that of a folder, else one of the model's shape with a head drawn from the seed."""
    torch.manual_seed(options.seed)
    path = folder or options.model or options.model_config
    config = AutoConfig.from_pretrained(path, num_labels=1)
    config.pad_token_id = options.text_tokenizer.pad_token_id
    if folder or options.model:
        return AutoModelForSequenceClassification.from_pretrained(
            path, config=config, dtype=torch.float32)
    return AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)


def trainer_arguments(options, **more):
    """Settings of every TRL trainer here: on the CPU, each step logged, nothing saved; bf16 by autocast, its default."""
    return dict(
        output_dir=tempfile.mkdtemp(), report_to="none", use_cpu=True, bf16=options.precision == "bf16", save_strategy="no",
        logging_steps=1, disable_tqdm=True, gradient_checkpointing=False, seed=options.seed, **more,
    )


class Clock(TrainerCallback):
    """Seconds from the end of one optimizer step to the end of the next."""

    def __init__(self):
        self.ends = []

    def on_train_begin(self, args, state, control, **_):
        self.ends = [time.perf_counter()]

    def on_step_end(self, args, state, control, **_):
        self.ends.append(time.perf_counter())

    def seconds(self):
        return [b - a for a, b in zip(self.ends, self.ends[1:])]


def logged(trainer, name):
    return [float(entry[name]) for entry in trainer.state.log_history if name in entry]


def print_result(options, work, peer, seconds, rates, **figures):
    """One JSON line. `rates` maps a name to what one step handles: it becomes a number per second."""
    median = statistics.median(seconds[options.warmup:])
    line = {
        "work": work, "peer": peer, "transformers": transformers.__version__,
        "model": Path(options.model or options.model_config).stem,
        "seconds_per_step": round(median, 4),
        **{f"{name}_per_second": round(amount / median, 3) for name, amount in rates.items()},
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
        "all_seconds": [round(s, 4) for s in seconds], "threads": options.threads, "precision": options.precision, **figures,
    }
    print(json.dumps(line), flush=True)
