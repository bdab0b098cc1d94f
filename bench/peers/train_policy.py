"""TRL's PPOTrainer (trl 1.12) or GRPOTrainer (newer) for bench/methods.py: trains a policy on the prompts of HH rows and
saves it every few steps as OUTPUT/step-N, which `rlhf compare` then judges.

What the two sides have alike: the models they start from, the rows, the number of samples, the learning rate and its linear
fall, the KL's weight, the penalty of a completion without EOS, no dropout, `use_bias_correction_kl` off. PPOTrainer has
one optimizer for policy and critic and doesn't clip gradients.
"""

import argparse
import copy
import tempfile
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, TrainerCallback,
)

from dialogues import preference_rows


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=["ppo", "grpo"])
    for name in ("model", "reward-model", "data", "output"):
        parser.add_argument("--" + name, required=True)
    for name, default in (("steps", 16), ("save-every", 4), ("completions", 32), ("group-size", 8), ("ppo-epochs", 2),
                          ("prompt-length", 128), ("max-new-tokens", 48), ("seed", 0), ("threads", 1)):
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


def prompts(options, tokenizer):
    """Token ids of prompts in file order, again from the start where there are too few; a long one loses its beginning."""
    count = options.steps * options.completions // (options.group_size if options.method == "grpo" else 1)
    ids = [tokenizer(row["prompt"])["input_ids"][-options.prompt_length:] for row in preference_rows(options.data)]
    ids = [one for one in ids if one]
    return [ids[i % len(ids)] for i in range(count)]


def shared(options):
    return dict(
        output_dir=tempfile.mkdtemp(), report_to="none", use_cpu=True, bf16=False, save_strategy="no", logging_steps=1,
        disable_tqdm=True, gradient_checkpointing=False, seed=options.seed, learning_rate=options.learning_rate,
        lr_scheduler_type="linear", warmup_steps=0, temperature=1.0, per_device_train_batch_size=options.completions)


def ppo_trainer(options, policy, judge, tokenizer):
    from datasets import Dataset
    from trl.experimental.ppo import PPOConfig, PPOTrainer

    tokenizer.padding_side = "left"
    rows = Dataset.from_list([{"input_ids": ids} for ids in prompts(options, tokenizer)])
    return PPOTrainer(
        args=PPOConfig(
            **shared(options), total_episodes=options.steps * options.completions, num_mini_batches=1,
            num_ppo_epochs=options.ppo_epochs, response_length=options.max_new_tokens, stop_token="eos",
            kl_coef=options.kl_coefficient, missing_eos_penalty=options.missing_eos_penalty,
            num_sample_generations=0, local_rollout_forward_batch_size=options.completions),
        processing_class=tokenizer, model=policy, ref_model=copy.deepcopy(policy), reward_model=judge,
        value_model=copy.deepcopy(judge), train_dataset=rows, eval_dataset=rows,
        data_collator=DataCollatorWithPadding(tokenizer), callbacks=[SavePolicy(policy, tokenizer, options)])


def grpo_trainer(options, policy, judge, tokenizer):
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    def reward(prompts, completion_ids, **_):
        """The score at EOS, appended to a cut completion, which is penalized."""
        penalties = [0.0 if ids[-1] == tokenizer.eos_token_id else options.missing_eos_penalty for ids in completion_ids]
        texts = [tokenizer(prompt)["input_ids"] + list(ids) + [tokenizer.eos_token_id] * (penalty > 0)
                 for prompt, ids, penalty in zip(prompts, completion_ids, penalties)]
        batch = tokenizer.pad({"input_ids": texts}, return_tensors="pt", padding_side="right")
        with torch.no_grad():
            scores = judge(**batch).logits[:, 0]
        return [float(score) - penalty for score, penalty in zip(scores, penalties)]

    texts = [tokenizer.decode(ids) for ids in prompts(options, tokenizer)]
    return GRPOTrainer(
        model=policy, reward_funcs=reward, processing_class=tokenizer,
        train_dataset=Dataset.from_dict({"prompt": texts}),
        args=GRPOConfig(
            **shared(options), max_steps=options.steps, num_generations=options.group_size,
            max_completion_length=options.max_new_tokens, top_k=0, beta=options.kl_coefficient, loss_type="grpo",
            num_iterations=1, disable_dropout=True, use_bias_correction_kl=False),
        callbacks=[SavePolicy(policy, tokenizer, options)])


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
