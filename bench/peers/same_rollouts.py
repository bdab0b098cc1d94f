"""A GRPO run of ours again in TRL's GRPOTrainer, on the completions that ours sampled: which step differs first?

    same_rollouts.py grpo --model SFT/model --reward-model REWARD/model --prompts RUN/rollouts.jsonl --output FOLDER

RUN is one of bench/methods.py; the options are those of train_policy.py. Prints, for each step, how far TRL's numbers are
from those that RUN recorded: what its reward function says of each completion, the log-probabilities of its reference, the
advantages, the gradient's norm and the learning rate; at the end the weights, beside how far they went.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback

from train_policy import arguments, grpo_trainer


def recorded(path):
    """The completions of each step."""
    steps = {}
    with open(path, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            steps.setdefault(row["step"], []).append(row)
    return [steps[step] for step in sorted(steps)]


def largest(ours, theirs):
    """The largest difference of two lists of numbers, relative where they are above 1."""
    ours, theirs = (torch.tensor(list(values), dtype=torch.float64) for values in (ours, theirs))
    return ((ours - theirs).abs() / ours.abs().clamp(min=1)).max().item()


class Compared(TrainerCallback):
    """Prints a row of the table after each step."""

    HEADS = ["reward", "reference's log-probability", "advantage", "gradient norm", "learning rate"]

    def __init__(self, rollouts, metrics, rewards, outputs):
        self.steps = iter(zip(rollouts, metrics))
        self.rewards, self.outputs = rewards, outputs
        print("| step | " + " | ".join(self.HEADS) + " |")
        print("| ---: " * (len(self.HEADS) + 1) + "|", flush=True)

    def on_log(self, args, state, control, logs=None, **_):
        if "grad_norm" not in logs:
            return
        rows, line = next(self.steps)
        theirs = self.outputs[-1]
        reference = theirs["ref_per_token_logps"][theirs["completion_mask"].bool()].tolist()
        differences = [
            largest([row["penalized"] for row in rows], self.rewards[-1]),
            largest([logprob for row in rows for logprob in row["ref_logprobs"]], reference),
            largest([row["advantages"][0] for row in rows], theirs["advantages"].tolist()),
            largest([line["grad_norm"]], [float(logs["grad_norm"])]),
            largest([line["learning_rate"]], [float(logs["learning_rate"])]),
        ]
        print(f"| {state.global_step} | " + " | ".join(f"{one:.1e}" for one in differences) + " |", flush=True)


def watched(rollouts, rewards, outputs):
    """TRL's trainer, which keeps what it computed of each batch, and its source of completions."""
    from trl import GRPOTrainer

    class Watched(GRPOTrainer):
        def _generate_and_score_completions(self, inputs):
            outputs.append(super()._generate_and_score_completions(inputs))
            return outputs[-1]

        def _calculate_rewards(self, *positional, **named):
            made = super()._calculate_rewards(*positional, **named)
            rewards.append(made[:, 0].tolist())
            return made

    batches = iter(rollouts)

    def served(prompts, trainer):
        rows = next(batches)
        return {"prompt_ids": [row["prompt_ids"] for row in rows],
                "completion_ids": [row["completion_ids"] for row in rows],
                "logprobs": [row["logprobs"] for row in rows]}

    return {"trainer": Watched, "rollout_func": served}


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    rollouts = recorded(options.prompts)
    for row in (row for rows in rollouts for row in rows):
        cut = row["completion_ids"][-1] != tokenizer.eos_token_id
        row["penalized"] = row["score"] - options.missing_eos_penalty * cut
    metrics = [json.loads(line) for line in Path(options.prompts).with_name("metrics.jsonl").read_text().splitlines()]
    policy = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    judge = AutoModelForSequenceClassification.from_pretrained(options.reward_model, dtype=torch.float32).eval()
    start = {name: weight.detach().clone() for name, weight in policy.named_parameters()}
    rewards, outputs = [], []
    trainer = grpo_trainer(options, policy, judge, tokenizer, **watched(rollouts, rewards, outputs))
    trainer.add_callback(Compared(rollouts, metrics, rewards, outputs))
    trainer.train()
    ours = load_file(Path(options.prompts).parent / "model" / "model.safetensors")
    moved = torch.cat([(ours[name] - weight).flatten() for name, weight in start.items()])
    apart = torch.cat([(ours[name] - policy.get_parameter(name).detach()).flatten() for name in start])
    print(f"weights at the end: ours moved by {moved.norm():.4g}, TRL's are {apart.norm():.2g} from ours, "
          f"at most {apart.abs().max():.1g} in an element")


if __name__ == "__main__":
    main()
