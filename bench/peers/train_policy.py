"""TRL's PPOTrainer (trl 1.12) or GRPOTrainer (newer) for bench/methods.py: trains a policy on the prompts of a run of ours
and saves it every few steps as OUTPUT/step-N, which `rlhf compare` then judges.

What the two sides have alike: the models they start from, the prompts (for grpo those of each step), the number of
samples, the learning rate and its linear fall, the KL's weight, the penalty of a completion without EOS, no dropout,
`use_bias_correction_kl` off. PPOTrainer has one optimizer for policy and critic and doesn't clip gradients.
"""

import argparse
import copy
import json
import tempfile
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, TrainerCallback,
)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=["ppo", "grpo"])
    for name in ("model", "reward-model", "prompts", "output"):
        parser.add_argument("--" + name, required=True)
    for name, default in (("steps", 16), ("save-every", 4), ("completions", 32), ("group-size", 8), ("ppo-epochs", 2),
                          ("max-new-tokens", 48), ("seed", 0), ("threads", 1)):
        parser.add_argument("--" + name, type=int, default=default)
    for name, default in (("learning-rate", 1e-4), ("kl-coefficient", 0.05), ("missing-eos-penalty", 1.0)):
        parser.add_argument("--" + name, type=float, default=default)
    return parser.parse_args()


class SavePolicy(TrainerCallback):
    """Writes the policy as it stands after every few optimizer steps (ppo: rollout batches)."""

    def __init__(self, policy, tokenizer, options):
        self.policy, self.tokenizer, self.options = policy, tokenizer, options

    def on_step_end(self, args, state, control, **_):
        if state.global_step % self.options.save_every == 0:
            folder = Path(self.options.output) / f"step-{state.global_step}"
            self.policy.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)


def prompts(options):
    """Token ids of the prompts of rollouts.jsonl, in the order of its steps."""
    groups = {}
    with open(options.prompts, encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            groups.setdefault((row["step"], row["group"]), row["prompt_ids"])
    return list(groups.values())


def shared(options):
    return dict(
        output_dir=tempfile.mkdtemp(), report_to="none", use_cpu=True, bf16=False, save_strategy="no", logging_steps=1,
        disable_tqdm=True, gradient_checkpointing=False, seed=options.seed, learning_rate=options.learning_rate,
        lr_scheduler_type="linear", warmup_steps=0, temperature=1.0, per_device_train_batch_size=options.completions)


def ppo_trainer(options, policy, judge, tokenizer):
    from datasets import Dataset
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    tokenizer.padding_side = "left"
    rows = Dataset.from_list([{"input_ids": ids} for ids in prompts(options)])
    return PPOTrainer(
        args=PPOConfig(
            **shared(options), total_episodes=options.steps * options.completions, num_mini_batches=1,
            num_ppo_epochs=options.ppo_epochs, response_length=options.max_new_tokens, stop_token="eos",
            kl_coef=options.kl_coefficient, missing_eos_penalty=options.missing_eos_penalty,
            num_sample_generations=0, local_rollout_forward_batch_size=options.completions),
        processing_class=tokenizer, model=policy, ref_model=copy.deepcopy(policy), reward_model=judge,
        value_model=copy.deepcopy(judge), train_dataset=rows, eval_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer), callbacks=[SavePolicy(policy, tokenizer, options)])


def penalized_scores(options, judge, tokenizer):
    """GRPO's reward: the score at EOS, appended to a cut completion, which is penalized."""

    def reward(prompts, completion_ids, **_):
        penalties = [0.0 if ids[-1] == tokenizer.eos_token_id else options.missing_eos_penalty for ids in completion_ids]
        texts = [tokenizer(prompt)["input_ids"] + list(ids) + [tokenizer.eos_token_id] * (penalty > 0)
                 for prompt, ids, penalty in zip(prompts, completion_ids, penalties)]
        batch = tokenizer.pad({"input_ids": texts}, return_tensors="pt", padding_side="right")
        with torch.no_grad():
            scores = judge(**batch).logits[:, 0]
        return [float(score) - penalty for score, penalty in zip(scores, penalties)]

    return reward


def grpo_trainer(options, policy, judge, tokenizer, **more):
    """`more` are arguments of the trainer, among them its class."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    ids = prompts(options)
    texts = [tokenizer.decode(one) for one in ids]
    if any(tokenizer(text)["input_ids"] != one for text, one in zip(texts, ids)):
        raise SystemExit(f"{options.prompts}: a prompt has other tokens when it is read again as text")
    made_by = more.pop("trainer", GRPOTrainer)
    return made_by(
        model=policy, reward_funcs=penalized_scores(options, judge, tokenizer), processing_class=tokenizer,
        train_dataset=Dataset.from_dict({"prompt": texts}),
        args=GRPOConfig(
            **shared(options), max_steps=options.steps, num_generations=options.group_size,
            max_completion_length=options.max_new_tokens, top_k=0, beta=options.kl_coefficient, loss_type="grpo",
            num_iterations=1, disable_dropout=True, use_bias_correction_kl=False, shuffle_dataset=False),
        callbacks=[SavePolicy(policy, tokenizer, options)], **more)


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    policy = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32)
    judge = AutoModelForSequenceClassification.from_pretrained(options.reward_model, dtype=torch.float32).eval()
    make = ppo_trainer if options.method == "ppo" else grpo_trainer
    make(options, policy, judge, tokenizer).train()


if __name__ == "__main__":
    main()
