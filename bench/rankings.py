#!/usr/bin/env python3
"""Times a reward model's step on rankings of four against their six pairs, ours alone.

    bench/rankings.py --tokenizer GPT2_TOKENIZER
    bench/rankings.py --tokenizer GPT2_TOKENIZER --rounds 3 -- --prompt-tokens 64

Each round is a process of its own; printed are all lines and, at the end, the median of the rounds'
ratios beside what they are to stay under. What stands after -- goes to RankingBench.
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
    parser.add_argument("--rounds", type=int, default=3)
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
    for name, most in AT_MOST.items():
        print(f"{name}: {statistics.median(line[name] for line in lines):.3f} (at most {most})")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"rankings: {failure}")
