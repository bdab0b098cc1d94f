"""Runs TRL's own trainers on the fixtures' data and prints how far their numbers are from ours.

Usage: check_against_trl.py [sft|reward|dpo|grpo|rloo|ppo ...]. PPO needs trl 1.12.0 (requirements-ppo.txt), the
others trl 1.16.0. The trainers are real and unmodified; what is fixed from outside is the order of
rows, the optimizer (AdamW over all parameters, as in the fixtures) and the completions.
"""

import copy
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedTokenizerFast

import dpo
import grpo
import ppo
import reward
import sft
from rows import score as row_score
from tiny_models import EOS, PAD, causal_model, llama_config, scalar_model, write_tokenizer

WORST = 5e-5


class Differences:
    """Prints one line per compared number or array and remembers the largest difference."""

    def __init__(self):
        self.failed = False

    def report(self, name, ours, theirs, bound=WORST):
        ours, theirs = (torch.as_tensor(x, dtype=torch.float64).detach() for x in (ours, theirs))
        assert ours.shape == theirs.shape, (name, ours.shape, theirs.shape)
        difference = ((ours - theirs).abs() / ours.abs().clamp(min=1.0)).max().item()
        verdict = "ok" if difference <= bound else "DIFFERS"
        self.failed |= difference > bound
        print(f"{name:58s} |ours - TRL| / max(1, |ours|) <= {difference:8.1e}  {verdict}")

    def weights(self, name, ours, theirs):
        self.report(name, *(torch.cat([p.flatten() for p in m.parameters()]) for m in (ours, theirs)))


def tokenizer():
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(Path(folder))
        return PreTrainedTokenizerFast.from_pretrained(folder)


def trainer_arguments(settings, **more):
    """What all of TRL's configurations share."""
    return dict(
        output_dir=tempfile.mkdtemp(), report_to="none", use_cpu=True, bf16=False, save_strategy="no",
        logging_steps=1, disable_tqdm=True, max_grad_norm=settings["max-grad-norm"],
        learning_rate=settings["learning-rate"], gradient_checkpointing=False, **more,
    )


def optimizers(model, settings, schedule):
    """The fixtures' AdamW with one rate per step, for Trainer(optimizers=...)."""
    optimizer = sft.adamw(model, settings, settings["learning-rate"])
    factors = [rate / settings["learning-rate"] for rate in schedule]
    factor = lambda step: factors[min(step, len(factors) - 1)]
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def logged(trainer, name):
    return [entry[name] for entry in trainer.state.log_history if name in entry]


def compare_steps(differences, part, trainer, records, names):
    for ours, theirs in names.items():
        differences.report(f"{part} {ours}, each step", [float(r[ours]) for r in records],
                           logged(trainer, theirs)[: len(records)])


def check_sft(differences):
    from trl import SFTConfig, SFTTrainer

    settings, batches = sft.SETTINGS, sft.sft_batches()
    ours, theirs = (causal_model(llama_config(), 32) for _ in range(2))
    records = sft.train(ours, batches, settings)
    rows = [row for batch in batches for row in batch]
    data = Dataset.from_list([{
        "input_ids": r["prompt"] + r["completion"],
        "completion_mask": [0] * len(r["prompt"]) + [1] * len(r["completion"]),
    } for r in rows])
    trainer = SFTTrainer(
        model=theirs, processing_class=tokenizer(), train_dataset=data,
        args=SFTConfig(**trainer_arguments(
            settings, max_steps=settings["steps"], per_device_train_batch_size=2,
            gradient_accumulation_steps=2, train_sampling_strategy="sequential",
            completion_only_loss=True)),
        optimizers=optimizers(theirs, settings, [r["learning_rate"] for r in records]),
    )
    trainer.train()
    compare_steps(differences, "sft", trainer, records, {"loss": "loss", "grad_norm": "grad_norm"})
    differences.weights("sft final weights (2 x 2 accumulated, padded)", ours, theirs)


def check_reward(differences):
    from trl import RewardConfig, RewardTrainer

    for center in (0.0, 0.01):
        settings = {**reward.SETTINGS, "center-coefficient": center}
        batches = reward.comparison_batches(settings["steps"], (2, 2, 2, 2))
        ours, theirs = (scalar_model(llama_config(), 42) for _ in range(2))
        records = reward.train(ours, batches, settings)
        data = Dataset.from_list([{
            "chosen_ids": r["prompt"] + r["completions"][0],
            "rejected_ids": r["prompt"] + r["completions"][1], "margin": r.get("margin", 0.0),
        } for batch in batches for r in batch])
        trainer = RewardTrainer(
            model=theirs, processing_class=tokenizer(), train_dataset=data,
            args=RewardConfig(**trainer_arguments(
                settings, max_steps=settings["steps"], per_device_train_batch_size=4,
                train_sampling_strategy="sequential", center_rewards_coefficient=center or None)),
            optimizers=optimizers(theirs, settings, [r["learning_rate"] for r in records]),
        )
        trainer.train()
        part = f"reward, centring {center}:"
        names = {"loss": "loss", "grad_norm": "grad_norm", "accuracy": "accuracy"}
        compare_steps(differences, part, trainer, records, names)
        differences.weights(f"{part} final weights", ours, theirs)


DPO_OPTIONS = {
    "sigmoid": {"loss_type": "sigmoid"},
    "ipo": {"loss_type": "ipo"},
    "hinge": {"loss_type": "hinge"},
    "robust": {"loss_type": "robust", "label_smoothing": 0.15},
    "simpo": {"loss_type": "simpo", "simpo_gamma": 0.8, "cpo_alpha": 0.0},
    "orpo-prompt": {},
}


def check_dpo(differences):
    """DPOTrainer, and of trl.experimental CPOTrainer for simpo and ORPOTrainer for orpo."""
    trainers = {"simpo": cpo_trainer, "orpo-prompt": orpo_trainer}
    for variant, options in DPO_OPTIONS.items():
        settings = dpo.settings_of(variant)
        ours, theirs = (dpo.starting_models() for _ in range(2))
        batches = dpo.batches_of(ours["reference"], settings, variant)
        records = dpo.train(ours["policy"], batches, settings)
        arguments = trainer_arguments(
            settings, max_steps=settings["steps"], per_device_train_batch_size=4, beta=settings["beta"],
            train_sampling_strategy="sequential", **options)
        both = optimizers(theirs["policy"], settings, [r["learning_rate"] for r in records])
        rows = [row for batch in batches for row in batch]
        trainer = trainers.get(variant, dpo_trainer)(theirs, rows, arguments, both)
        trainer.train()
        part = f"dpo, {variant}:"
        compare_steps(differences, part, trainer, records, {
            "loss": "loss", "grad_norm": "grad_norm", "accuracy": "rewards/accuracies",
            "margin_mean": "rewards/margins"})
        differences.weights(f"{part} final weights", ours["policy"], theirs["policy"])


def dpo_trainer(models, rows, arguments, both):
    from trl import DPOConfig, DPOTrainer

    class IdTrainer(DPOTrainer):
        """Takes rows that are token ids already."""

        def _prepare_dataset(self, dataset, *_):
            return dataset

    data = Dataset.from_list([{
        "prompt_ids": r["prompt"], "chosen_ids": r["completions"][0], "rejected_ids": r["completions"][1],
    } for r in rows])
    return IdTrainer(
        model=models["policy"], ref_model=models["reference"], processing_class=tokenizer(),
        train_dataset=data, args=DPOConfig(**arguments), optimizers=both)


def sides(rows):
    """Each row under a name, as CPOTrainer and ORPOTrainer want texts, and its ids by that name."""
    named = {}
    for i, row in enumerate(rows):
        ids = {"prompt_input_ids": row["prompt"], "prompt_attention_mask": [1] * len(row["prompt"])}
        for side, completion in zip(("chosen", "rejected"), row["completions"]):
            whole = row["prompt"] + completion
            ids |= {f"{side}_input_ids": whole, f"{side}_attention_mask": [1] * len(whole),
                    f"{side}_labels": [-100] * len(row["prompt"]) + completion}
        named[str(i)] = ids
    texts = Dataset.from_list([{"prompt": i, "chosen": "a", "rejected": "b"} for i in named])
    return texts, named


def cpo_trainer(models, rows, arguments, both):
    from trl.experimental.cpo import CPOConfig, CPOTrainer

    texts, ids = sides(rows)

    class IdTrainer(CPOTrainer):
        def tokenize_row(self, feature, model=None):
            return ids[feature["prompt"]]

    return IdTrainer(model=models["policy"], args=CPOConfig(**arguments), train_dataset=texts,
                     processing_class=tokenizer(), optimizers=both)


def orpo_trainer(models, rows, arguments, both):
    from trl.experimental.orpo import ORPOConfig, ORPOTrainer

    texts, ids = sides(rows)

    class IdTrainer(ORPOTrainer):
        def tokenize_row(self, feature, model=None):
            return ids[feature["prompt"]]

    return IdTrainer(model=models["policy"], args=ORPOConfig(**arguments), train_dataset=texts,
                     processing_class=tokenizer(), optimizers=both)


GRPO_OPTIONS = {
    "grpo": {"loss_type": "grpo", "scale_rewards": "group"},
    "grpo-masked": {"loss_type": "grpo", "scale_rewards": "group", "temperature": 0.8,
                    "mask_truncated_completions": True, "use_bias_correction_kl": True},
    "dapo": {"loss_type": "dapo", "scale_rewards": "group", "epsilon_high": 0.28},
    "dr-grpo": {"loss_type": "dr_grpo", "scale_rewards": "none"},
    "gspo": {"loss_type": "grpo", "scale_rewards": "group", "importance_sampling_level": "sequence",
             "epsilon": 3e-4, "epsilon_high": 4e-4},
}


def check_grpo(differences):
    for variant, options in GRPO_OPTIONS.items():
        settings = {**grpo.SETTINGS, **grpo.VARIANTS[variant]}
        models = grpo.starting_models()
        rollouts = grpo.fixed_rollouts(models["policy"])
        theirs = copy.deepcopy(models)
        steps = grpo.train(models, rollouts, settings)
        updates = [update for step in steps for update in step["updates"]]
        trainer = grpo_trainer(theirs, rollouts, settings, options)
        trainer.train()
        part = f"grpo, {variant}:"
        compare_steps(differences, part, trainer, updates,
                      {"loss": "loss", "grad_norm": "grad_norm", "entropy": "entropy"})
        if variant != "gspo":  # TRL counts clipped completions there, we their tokens
            compare_steps(differences, part, trainer, updates, {"clip_fraction": "clip_ratio/region_mean"})
        differences.report(f"{part} advantages, step 1", steps[0]["advantages"], trainer.seen_advantages)
        differences.weights(f"{part} final weights", models["policy"], theirs["policy"])


def grpo_trainer(models, rollouts, settings, options):
    from trl import GRPOConfig, GRPOTrainer

    served = iter(rollouts)
    score_of = {tuple(r["completion_ids"]): r["score"] for batch in rollouts for r in batch}

    def rollout_func(prompts, trainer):
        batch = next(served)
        return {"prompt_ids": [r["prompt_ids"] for r in batch],
                "completion_ids": [r["completion_ids"] for r in batch],
                "logprobs": [[0.0] * len(r["completion_ids"]) for r in batch]}

    def reward_func(completion_ids, **_):
        return [score_of[tuple(ids)] for ids in completion_ids]

    class RecordingTrainer(GRPOTrainer):
        seen_advantages = None

        def _generate_and_score_completions(self, inputs):
            outputs = super()._generate_and_score_completions(inputs)
            if self.seen_advantages is None:
                self.seen_advantages = outputs["advantages"].clone()
            return outputs

    folder = tempfile.mkdtemp()  # TRL loads the reference from where the policy came from
    models["reference"].save_pretrained(folder)
    models["policy"].config._name_or_path = folder
    defaults = {"temperature": 1.0, "use_bias_correction_kl": False}
    return RecordingTrainer(
        model=models["policy"], reward_funcs=reward_func, processing_class=tokenizer(),
        train_dataset=Dataset.from_dict({"prompt": ["a", "b", "c"]}),
        args=GRPOConfig(**trainer_arguments(
            settings, max_steps=2 * settings["steps"], per_device_train_batch_size=12, num_generations=4,
            num_iterations=2, beta=settings["kl-coefficient"], shuffle_dataset=False,
            max_completion_length=settings["max-new-tokens"], **{**defaults, **options})),
        optimizers=optimizers(models["policy"], settings, [settings["learning-rate"]]),
        rollout_func=rollout_func,
    )


def check_rloo(differences):
    """A completion is one action there too: its ratio is that of the product over its tokens."""
    settings = {**grpo.SETTINGS, **grpo.VARIANTS["rloo"]}
    models = grpo.starting_models()
    rollouts = grpo.fixed_rollouts(models["policy"])
    theirs = copy.deepcopy(models)
    steps = grpo.train(models, rollouts, settings)
    updates = [update for step in steps for update in step["updates"]]
    trainer = rloo_trainer(theirs, rollouts, settings)
    trainer.train()
    compare_steps(differences, "rloo:", trainer, updates,
                  {"loss": "loss", "grad_norm": "grad_norm", "entropy": "entropy"})
    differences.report("rloo: advantages, each step", torch.stack([s["advantages"] for s in steps]),
                       torch.stack(trainer.seen_advantages))
    differences.weights("rloo: final weights", models["policy"], theirs["policy"])


def rloo_trainer(models, rollouts, settings):
    from trl import RLOOConfig, RLOOTrainer

    served = iter(rollouts)
    score_of = {tuple(r["completion_ids"]): r["score"] for batch in rollouts for r in batch}

    def reward_func(completion_ids, **_):
        return [score_of[tuple(ids)] for ids in completion_ids]

    class ServedTrainer(RLOOTrainer):
        """Takes the fixed prompts and completions, and keeps the advantages."""

        def __init__(self, *positional, **named):
            super().__init__(*positional, **named)
            self.seen_advantages = []

        def _tokenize_prompts(self, prompts):
            self.batch = next(served)
            return [r["prompt_ids"] for r in self.batch], None, {}

        def _generate_single_turn(self, *_):
            return [r["completion_ids"] for r in self.batch]

        def _generate_and_score_completions(self, inputs):
            outputs = super()._generate_and_score_completions(inputs)
            self.seen_advantages.append(outputs["advantages"].clone())
            return outputs

    folder = tempfile.mkdtemp()  # TRL loads the reference from where the policy came from
    models["reference"].save_pretrained(folder)
    models["policy"].config._name_or_path = folder
    return ServedTrainer(
        model=models["policy"], reward_funcs=reward_func, processing_class=tokenizer(),
        train_dataset=Dataset.from_dict({"prompt": ["a", "b", "c"]}),
        args=RLOOConfig(**trainer_arguments(
            settings, max_steps=2 * settings["steps"], per_device_train_batch_size=12, num_generations=4,
            num_iterations=2, beta=settings["kl-coefficient"], shuffle_dataset=False, temperature=1.0,
            max_completion_length=settings["max-new-tokens"])),
        optimizers=optimizers(models["policy"], settings, [settings["learning-rate"]]),
    )


def check_ppo(differences):
    """TRL's whole train() on completions that all fill the width.

    There its score lands on the last token, as ours does; for shorter ones it lands one past it. TRL
    steps one AdamW over both networks and doesn't clip gradients, so neither does this run.
    """
    from trl.experimental.ppo import ppo_trainer as trl_ppo

    settings = {**ppo.SETTINGS, "max-grad-norm": float("inf"),
                "value-learning-rate": ppo.SETTINGS["learning-rate"]}
    models = ppo.starting_models()
    scorer = scalar_model(llama_config(), 56)
    rollouts = full_width_rollouts(models["policy"], scorer)
    orders = ppo.shuffled_orders(settings, 8, 55)
    theirs = copy.deepcopy(models)
    steps = ppo.train(models, rollouts, orders, settings)
    trainer = run_trl_ppo(trl_ppo, theirs, scorer, rollouts, orders, settings)

    def mean(name):
        return [float(np.mean([float(u[name]) for u in step["updates"]])) for step in steps]

    for ours, name in {"policy_loss": "loss/policy_avg", "value_loss": "loss/value_avg",
                       "clip_fraction": "policy/clipfrac_avg", "entropy": "policy/entropy_avg",
                       "ratio_mean": "val/ratio"}.items():
        differences.report(f"ppo {ours}, mean over updates, each step", mean(ours), logged(trainer, name))
    for ours, name in {"kl": "objective/kl", "penalized_reward": "objective/rlhf_reward"}.items():
        differences.report(f"ppo {ours}, each step", [float(s[ours]) for s in steps], logged(trainer, name))
    differences.weights("ppo final policy", models["policy"], theirs["policy"])
    differences.weights("ppo final critic", models["critic"], theirs["critic"])
    check_ppo_pieces(differences, trl_ppo)


def check_ppo_pieces(differences, trl_ppo):
    """Whitening over completions of different lengths, from the fixture's own first batch."""
    models = ppo.starting_models()
    critic = ppo.Critic(models, ppo.SETTINGS)
    batch = ppo.prepare(models, critic, ppo.fixed_rollouts(models["policy"])[0], ppo.SETTINGS)
    padded = torch.nn.utils.rnn.pad_sequence(batch["raw_advantages"], batch_first=True)
    mask = torch.nn.utils.rnn.pad_sequence(
        [torch.ones(len(a), dtype=torch.bool) for a in batch["raw_advantages"]], batch_first=True)
    differences.report("ppo whitened advantages, ragged batch", torch.cat(batch["advantages"]),
                       trl_ppo.masked_whiten(padded, mask)[mask])


@torch.no_grad()
def full_width_rollouts(policy, scorer):
    generator = torch.Generator().manual_seed(57)
    batches = []
    for step in range(1, ppo.SETTINGS["steps"] + 1):
        batch = []
        for i in range(8):
            prompt = ppo.random_prompt(generator)
            ids = []
            while len(ids) < 12 or PAD in ids:  # TRL takes every pad id for padding
                ids = ppo.sampled_rollout(policy, step, i, prompt, True, generator)["completion_ids"]
            ids[-1] = EOS if i not in (2, 5) else max(ids[-1], 2)
            batch.append({"step": step, "group": i, "prompt_ids": prompt, "completion_ids": ids,
                          "score": float(row_score(scorer, prompt, ids))})
        batches.append(batch)
    return batches


def run_trl_ppo(trl_ppo, models, scorer, rollouts, orders, settings):
    from transformers import DataCollatorWithPadding

    batches = iter(rollouts)
    width = max(len(r["prompt_ids"]) for batch in rollouts for r in batch)
    tokens = tokenizer()
    tokens.padding_side = "left"

    def fixed_generation(model, queries, batch_size, pad_token_id, generation_config):
        """The fixture's completions with the raw scores of the policy, as `generate` returns them."""
        batch = next(batches)
        ids = torch.tensor([[PAD] * (width - len(r["prompt_ids"])) + r["prompt_ids"]
                            + r["completion_ids"] for r in batch])
        queries.copy_(ids[:, :width])
        logits = trl_ppo.forward(model, ids, pad_token_id).logits[:, width - 1 : -1]
        return ids, logits / settings["temperature"]

    permutations = iter([np.array(sum(epoch, [])) for step in orders for epoch in step])
    size = len(rollouts[0])
    data = Dataset.from_list([{"input_ids": [EOS] * width} for batch in rollouts for r in batch])
    config = trl_ppo.PPOConfig(**trainer_arguments(
        settings, total_episodes=len(rollouts) * size, per_device_train_batch_size=size, num_mini_batches=2, num_ppo_epochs=settings["ppo-epochs"],
        response_length=settings["max-new-tokens"], temperature=1.0, kl_coef=settings["kl-coefficient"],
        gamma=1.0, lam=settings["lambda"], vf_coef=settings["value-coefficient"],
        missing_eos_penalty=1.0, stop_token="eos", num_sample_generations=0,
        local_rollout_forward_batch_size=size))
    both = torch.nn.ModuleList([models["policy"], models["critic"]])
    trainer = trl_ppo.PPOTrainer(
        args=config, processing_class=tokens, model=models["policy"], ref_model=models["reference"],
        reward_model=scorer, value_model=models["critic"], train_dataset=data, eval_dataset=data,
        data_collator=DataCollatorWithPadding(tokens),
        optimizers=optimizers(both, settings, [settings["learning-rate"]]))
    generation, permutation = trl_ppo.batch_generation, np.random.permutation
    trl_ppo.batch_generation, np.random.permutation = fixed_generation, lambda n: next(permutations)
    try:
        trainer.train()
    finally:
        trl_ppo.batch_generation, np.random.permutation = generation, permutation
    return trainer


CHECKS = {"sft": check_sft, "reward": check_reward, "dpo": check_dpo, "grpo": check_grpo, "rloo": check_rloo,
          "ppo": check_ppo}


def main(names):
    import trl

    torch.set_num_threads(1)
    differences = Differences()
    has_ppo = trl.__version__.startswith("1.12")
    for name in names or (["ppo"] if has_ppo else ["sft", "reward", "dpo", "grpo", "rloo"]):
        CHECKS[name](differences)
    if not names and not has_ppo:
        print("ppo: run this again with trl 1.12.0 (requirements-ppo.txt)")
    return differences.failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
