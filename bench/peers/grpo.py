"""TRL's GRPOTrainer, one update per batch, KL to a reference in the loss; prints one JSON line.

EOS is held back so that every completion has the full length; the reward is a number computed from
the ids, so that groups aren't degenerate.
"""

import tempfile

import trl
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from dialogues import cut_texts
from peer import Clock, arguments, causal_model, logged, print_result, trainer_arguments


def reward(completion_ids, **_):
    """The share of even ids."""
    return [sum(i % 2 == 0 for i in ids) / len(ids) for ids in completion_ids]


def main():
    options = arguments(__doc__, prompts_per_step=1, group_size=8, prompt_length=64,
                        max_new_tokens=64, learning_rate=1e-6)
    prompts = cut_texts(options.data, options.text_tokenizer, options.prompt_length,
                        options.prompts_per_step * options.steps)
    completions = options.prompts_per_step * options.group_size
    model = causal_model(options)
    if not options.model:  # TRL loads the reference from the folder that the policy came from
        folder = tempfile.TemporaryDirectory()
        model.save_pretrained(folder.name)
        model.config._name_or_path = folder.name
    clock = Clock()
    trainer = GRPOTrainer(
        model=model, reward_funcs=reward, processing_class=options.text_tokenizer,
        train_dataset=Dataset.from_dict({"prompt": prompts}), callbacks=[clock],
        args=GRPOConfig(**trainer_arguments(
            options, max_steps=options.steps, per_device_train_batch_size=completions,
            num_generations=options.group_size, max_completion_length=options.max_new_tokens,
            generation_kwargs={"min_new_tokens": options.max_new_tokens}, top_k=0, temperature=1.0,
            beta=0.04, loss_type="grpo", num_iterations=1, learning_rate=options.learning_rate,
            disable_dropout=True, shuffle_dataset=False)))
    trainer.train()
    print_result(options, "grpo", f"trl {trl.__version__}", clock.seconds(),
                 {"completions": completions, "tokens": completions * options.max_new_tokens},
                 losses=logged(trainer, "loss"), kl=logged(trainer, "kl"),
                 rewards=logged(trainer, "reward"),
                 completion_length=logged(trainer, "completions/mean_length"))


if __name__ == "__main__":
    main()
