"""TRL 1.12's PPOTrainer, the last one; prints one JSON line. Needs requirements-ppo.txt.

No stop token, so every completion has the full length. Policy, frozen reference, reward model and
critic are four networks of the same shape.
"""

import copy

import trl
from datasets import Dataset
from transformers import DataCollatorWithPadding
from trl.experimental.ppo import PPOConfig, PPOTrainer

from dialogues import cut_texts
from peer import Clock, arguments, causal_model, logged, print_result, scalar_model, trainer_arguments


def main():
    options = arguments(__doc__, episodes=8, ppo_epochs=4, minibatches=1, prompt_length=64,
                        max_new_tokens=64, learning_rate=1e-6, scalar_model="")
    tokenizer = options.text_tokenizer
    tokenizer.padding_side = "left"
    count = options.episodes * options.steps
    prompts = cut_texts(options.data, tokenizer, options.prompt_length, count)
    rows = Dataset.from_list([{"input_ids": tokenizer(prompt)["input_ids"]} for prompt in prompts])
    policy = causal_model(options)
    clock = Clock()
    trainer = PPOTrainer(
        args=PPOConfig(**trainer_arguments(
            options, total_episodes=count, per_device_train_batch_size=options.episodes,
            num_mini_batches=options.minibatches, num_ppo_epochs=options.ppo_epochs,
            response_length=options.max_new_tokens, temperature=1.0, kl_coef=0.05,
            learning_rate=options.learning_rate, num_sample_generations=0,
            local_rollout_forward_batch_size=options.episodes)),
        processing_class=tokenizer, model=policy, ref_model=copy.deepcopy(policy),
        reward_model=scalar_model(options, options.scalar_model),
        value_model=scalar_model(options, options.scalar_model),
        train_dataset=rows, eval_dataset=rows, data_collator=DataCollatorWithPadding(tokenizer),
        callbacks=[clock])
    trainer.train()
    print_result(options, "ppo", f"trl {trl.__version__}", clock.seconds(),
                 {"episodes": options.episodes, "tokens": options.episodes * options.max_new_tokens},
                 policy_losses=logged(trainer, "loss/policy_avg"),
                 value_losses=logged(trainer, "loss/value_avg"), kl=logged(trainer, "objective/kl"))


if __name__ == "__main__":
    main()
