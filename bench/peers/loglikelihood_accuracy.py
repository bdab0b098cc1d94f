"""A language model's mean log-likelihood as a reward, judged pair by pair on a file of comparisons.

A completion's score is the mean of log p(token | all before it) over its tokens, EOS included. Prints one
JSON line: accuracy with its 95 % Wilson interval (a tie counts one half), and that of the sum instead of the mean.
--margins keeps the mean's margins, pair by pair.
"""

import argparse
import json

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from dialogues import preference_rows
from judged import judged, keep
from reward_accuracy import dialogue_ids


@torch.no_grad()
def logprobs(model, tokenizer, prompt, completion, max_length):
    """Of the completion's tokens; what is too long loses the prompt's beginning."""
    ids = dialogue_ids(tokenizer, prompt, completion, max_length)
    length = len(dialogue_ids(tokenizer, prompt, completion, 10**9)) - len(tokenizer(prompt)["input_ids"])
    rows = torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0, :-1], dim=-1)
    all_ = rows.gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
    return all_[-length:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--eval-data", required=True)
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--margins", help="file for the margins of each held-out pair")
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    mean, total = [], []
    for row in preference_rows(options.eval_data):
        chosen, rejected = (logprobs(model, tokenizer, row["prompt"], row[side], options.max_length)
                            for side in ("chosen", "rejected"))
        mean.append((chosen.mean() - rejected.mean()).item())
        total.append((chosen.sum() - rejected.sum()).item())
    if options.margins:
        keep(options.margins, mean)
    print(json.dumps({"mean": judged(mean), "sum": judged(total)}))


if __name__ == "__main__":
    main()
