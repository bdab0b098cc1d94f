"""TRL's RewardTrainer on HH comparisons; prints one JSON line."""

import trl
from datasets import Dataset
from trl import RewardConfig, RewardTrainer

from dialogues import short_pairs
from peer import Clock, arguments, logged, print_result, scalar_model, trainer_arguments


def main():
    options = arguments(__doc__, batch_size=4, max_length=256, learning_rate=1e-5)
    count = options.batch_size * options.steps
    pairs = short_pairs(options.data, options.text_tokenizer, options.max_length, count)
    clock = Clock()
    trainer = RewardTrainer(
        model=scalar_model(options), processing_class=options.text_tokenizer,
        train_dataset=Dataset.from_list(pairs), callbacks=[clock],
        args=RewardConfig(**trainer_arguments(
            options, max_steps=options.steps, per_device_train_batch_size=options.batch_size,
            learning_rate=options.learning_rate, max_length=options.max_length,
            disable_dropout=True, train_sampling_strategy="sequential")))
    trainer.train()
    print_result(options, "reward", f"trl {trl.__version__}", clock.seconds(),
                 {"pairs": options.batch_size}, losses=logged(trainer, "loss"))


if __name__ == "__main__":
    main()
