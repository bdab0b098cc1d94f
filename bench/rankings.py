#!/usr/bin/env python3
"""Times a reward model's step on rankings of four against their six pairs, ours alone.

    bench/rankings.py --tokenizer GPT2_TOKENIZER
    bench/rankings.py --tokenizer GPT2_TOKENIZER --model llama-3m --rounds 3 -- --prompt-tokens 64

Each round is a process of its own, of about two minutes on two cores with GPT-2 124M; printed are all lines
and, at the end, the median of the rounds' ratios beside what they are to stay under, with exit code 1 where one
doesn't. What stands after -- goes to RankingBench.
"""

import argparse
import json
import os
import statistics
import sys
from pathlib import Path

from processes import BENCH, JAVA_ENVIRONMENT, Failure, build, fresh_model, java, run

AT_MOST = {"of_separate_pairs": 0.3, "of_shared_pairs": 0.6}


def main():
    own, more = sys.argv[1:], []
    if "--" in own:
        own, more = own[:own.index("--")], own[own.index("--") + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="gpt2-124m", help="a config of peers/models, or a file")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work")
    options = parser.parse_args(own)
    work, tokenizer = Path(os.path.abspath(options.work)), Path(os.path.abspath(options.tokenizer))
    build()
    model = fresh_model(work, options.model, tokenizer)
    lines = []
    for round_ in range(1, options.rounds + 1):
        finished = run(java("org.rlhf4j.bench.RankingBench", "--model", model, "--threads", options.threads, *more),
                       work / "logs" / f"rankings-{round_}", JAVA_ENVIRONMENT)
        lines.append(finished.json_line())
        print(json.dumps(lines[-1]))
    ratios = {name: statistics.median(line[name] for line in lines) for name in AT_MOST}
    for name, most in AT_MOST.items():
        print(f"{name}: {ratios[name]:.3f} (at most {most})")
    over = [name for name, most in AT_MOST.items() if ratios[name] > most]
    if over:
        raise Failure(f"over its limit: {', '.join(over)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"rankings: {failure}")
