"""TRL's DPOTrainer on HH comparisons, the reference's log-probabilities computed beforehand; prints one JSON line."""

import trl
from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from dialogues import short_pairs
from peer import Clock, arguments, causal_model, logged, print_result, trainer_arguments


def main():
    options = arguments(__doc__, batch_size=4, max_length=256, learning_rate=1e-6, beta=0.1)
    count = options.batch_size * options.steps
    pairs = short_pairs(options.data, options.text_tokenizer, options.max_length, count)
    clock = Clock()
    trainer = DPOTrainer(
        model=causal_model(options), processing_class=options.text_tokenizer,
        train_dataset=Dataset.from_list(pairs), callbacks=[clock],
        args=DPOConfig(**trainer_arguments(
            options, max_steps=options.steps, per_device_train_batch_size=options.batch_size,
            learning_rate=options.learning_rate, max_length=options.max_length, beta=options.beta,
            precompute_ref_log_probs=True, precompute_ref_batch_size=options.batch_size,
            disable_dropout=True, train_sampling_strategy="sequential")))
    trainer.train()
    print_result(options, "dpo", f"trl {trl.__version__}", clock.seconds(),
                 {"pairs": options.batch_size}, losses=logged(trainer, "loss"))


if __name__ == "__main__":
    main()
