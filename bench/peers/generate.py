"""transformers' generate, which TRL's trainers sample with; prints one JSON line.

Sampling at temperature 1 from the whole distribution; EOS is held back so that every row runs to its
full length.
"""

import time

import torch
import transformers

from dialogues import cut_texts
from peer import arguments, causal_model, print_result


def main():
    options = arguments(__doc__, batch_size=32, prompt_length=64, max_new_tokens=64)
    texts = cut_texts(options.data, options.text_tokenizer, options.prompt_length, options.batch_size)
    inputs = options.text_tokenizer(texts, return_tensors="pt")
    model = causal_model(options, torch.bfloat16 if options.precision == "bf16" else torch.float32).eval()
    torch.manual_seed(options.seed)
    seconds = []
    for _ in range(options.steps):
        start = time.perf_counter()
        with torch.inference_mode():
            ids = model.generate(
                **inputs, do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
                min_new_tokens=options.max_new_tokens, max_new_tokens=options.max_new_tokens,
                pad_token_id=options.text_tokenizer.pad_token_id)
        seconds.append(time.perf_counter() - start)
    assert ids.shape == (options.batch_size, options.prompt_length + options.max_new_tokens)
    tokens = options.batch_size * options.max_new_tokens
    print_result(options, "generate", f"transformers {transformers.__version__}", seconds,
                 {"tokens": tokens})


if __name__ == "__main__":
    main()
