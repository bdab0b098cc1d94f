"""TRL's SFTTrainer on texts of one length, every token trained on; prints one JSON line."""

import trl
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from dialogues import cut_texts
from peer import Clock, arguments, causal_model, logged, print_result, trainer_arguments


def main():
    options = arguments(__doc__, batch_size=4, length=256, learning_rate=2e-5, lora_rank=0)
    count = options.batch_size * options.steps
    texts = cut_texts(options.data, options.text_tokenizer, options.length - 1, count)  # EOS follows
    adapter = LoraConfig(r=options.lora_rank, lora_alpha=2 * options.lora_rank, task_type="CAUSAL_LM",
                         target_modules="all-linear") if options.lora_rank else None
    clock = Clock()
    trainer = SFTTrainer(
        model=causal_model(options), processing_class=options.text_tokenizer,
        train_dataset=Dataset.from_dict({"text": texts}), callbacks=[clock],
        peft_config=adapter,
        args=SFTConfig(**trainer_arguments(
            options, max_steps=options.steps, per_device_train_batch_size=options.batch_size,
            learning_rate=options.learning_rate, max_length=options.length,
            train_sampling_strategy="sequential")))
    trainer.train()
    print_result(options, "sft", f"trl {trl.__version__}", clock.seconds(),
                 {"tokens": options.batch_size * options.length}, losses=logged(trainer, "loss"))


if __name__ == "__main__":
    main()
