#!/usr/bin/env python3
"""Runs JMH's benchmarks of the small kernels.

    bench/kernels.py --tokenizer GPT2_TOKENIZER                      # all
    bench/kernels.py --tokenizer GPT2_TOKENIZER DecodeStep -- -p rows=8 -f 2

HiddenPass, DecodeStep and OptimizerUpdate run on --model, LogprobChunks on a model of one narrow
block with GPT-2's head. What stands after -- goes to JMH (-h lists it).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from processes import BENCH, HOME, JAVA_ENVIRONMENT, Failure, build, fresh_model, java

KERNELS = ["HiddenPass", "DecodeStep", "OptimizerUpdate", "LogprobChunks"]


def main():
    own, jmh = sys.argv[1:], []
    if "--" in own:
        own, jmh = own[:own.index("--")], own[own.index("--") + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", nargs="*", metavar="KERNEL", help=", ".join(KERNELS))
    parser.add_argument("--model", default="gpt2-124m", help="a config of peers/models, or a file")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--work", type=Path, default=BENCH / "target" / "work")
    options = parser.parse_args(own)
    unknown = set(options.kernel) - set(KERNELS)
    if unknown:
        parser.error(f"{unknown.pop()}: no such kernel; there are {', '.join(KERNELS)}")
    work, tokenizer = Path(os.path.abspath(options.work)), Path(os.path.abspath(options.tokenizer))
    build()
    for kernel in options.kernel or KERNELS:
        model = fresh_model(work, "gpt2-head" if kernel == "LogprobChunks" else options.model, tokenizer)
        command = java(
            "org.openjdk.jmh.Main", f"org.rlhf4j.bench.kernels.{kernel}", "-p", f"model={model}",
            "-jvmArgsAppend", f"-Dai.djl.offline=true -Dai.djl.pytorch.num_threads={options.threads}", *jmh)
        done = subprocess.run([str(part) for part in command], cwd=HOME,
                              env={**os.environ, **JAVA_ENVIRONMENT})
        if done.returncode:
            sys.exit(done.returncode)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"kernels: {failure}")
