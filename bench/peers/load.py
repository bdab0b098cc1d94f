"""transformers' from_pretrained, every weight read once after it; prints one JSON line.

With --runtime-only everything but the model is loaded: what the model adds is the difference.
"""

import argparse
import json
import time

import torch
import transformers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="a Hugging Face folder")
    parser.add_argument("--dtype", default="float32", help="of the weights in memory")
    parser.add_argument("--runtime-only", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = transformers.AutoConfig.from_pretrained(options.model)
    network = getattr(transformers, config.architectures[0])
    line = {"work": "load", "peer": f"transformers {transformers.__version__}", "torch": torch.__version__}
    if not options.runtime_only:
        start = time.perf_counter()
        model = network.from_pretrained(options.model, dtype=getattr(torch, options.dtype))
        loaded = time.perf_counter()
        # Weights that are mapped come into memory when they are first read.
        total = sum(float(weight.detach().sum(dtype=torch.float32)) for weight in model.parameters())
        line |= {"seconds": loaded - start, "read_seconds": time.perf_counter() - start, "sum": total,
                 "bytes": sum(weight.numel() * weight.element_size() for weight in model.parameters())}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
