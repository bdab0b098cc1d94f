"""GRPO and PPO with an adapter: sampled by a real vLLM server, and in this process.

Each runs twice with the same seed and settings: once with --rollout-server, once without. The completions
differ (other random numbers), so rewards agree only within noise. What has to hold: the reward rises in both,
the proof "same policy" passes (a run ends otherwise), and |log pi_old - log mu| is float error at each step without
a lag.

Run:  python rollout_server.py --rlhf RLHF --model MODEL --rows ROWS.jsonl.gz --work DIR --server http://127.0.0.1:8000
The server, on the same machine (docs/scale.md has the line):
    VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 vllm serve MODEL --enable-lora --max-lora-rank 8 --max-loras 3 \
        --logprobs-mode processed_logprobs --dtype float32 --max-model-len 512 \
        --max-num-batched-tokens 8192
ROWS: rows with "chosen", dialogues of HH-RLHF; prompts are the beginnings of at most 300 characters.
"""

import argparse
import gzip
import json
import subprocess
import urllib.request
from pathlib import Path

STEPS = 40
END = "\n\nAssistant:"
COMMON = [
    "--reward", "length-penalty:0-32", "--lora-rank", "8", "--lora-targets", "all-linear",
    "--learning-rate", "1e-3", "--steps", str(STEPS), "--max-new-tokens", "32", "--max-length", "256",
    "--threads", "1", "--seed", "1",
]
METHODS = {
    "grpo": ["--prompts-per-step", "4", "--group-size", "8"],
    "ppo": ["--prompts-per-step", "16", "--missing-eos-penalty", "0", "--ppo-epochs", "1", "--minibatches", "2"],
}


def write_prompts(rows: Path, to: Path) -> None:
    prompts = []
    with gzip.open(rows, "rt", encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)["chosen"]
            prompt = text[: text.rindex(END) + len(END)]
            if len(prompt) <= 300:
                prompts.append({"prompt": prompt})
            if len(prompts) == 64:
                break
    to.write_text("".join(json.dumps(row) + "\n" for row in prompts), encoding="utf-8")


def mean(lines: list[dict], name: str) -> float:
    return sum(line[name] for line in lines) / len(lines)


def row(name: str, lines: list[dict]) -> str:
    first, last = mean(lines[:5], "reward"), mean(lines[-5:], "reward")
    cells = [name, f"{first:.3f}", f"{last:.3f}"]
    if "behaviour_error_mean" in lines[0]:
        cells.append(f"{max(line['behaviour_error_mean'] for line in lines):.1e}")
        cells.append(f"{max(line['behaviour_error_max'] for line in lines):.1e}")
        cells.append(f"{max(line['behaviour_truncated'] for line in lines):.3f}")
        cells.append(f"{mean(lines, 'publishing_seconds'):.2f}")
        cells.append(f"{sum(line['server_retries'] for line in lines):.0f}")
    else:
        cells += ["", "", "", "", ""]
    cells.append(f"{mean(lines, 'step_seconds'):.2f}")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("rlhf", "model", "rows", "work", "server"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS)
    given = parser.parse_args()
    work = Path(given.work)
    adapters = work / "adapters"
    adapters.mkdir(parents=True, exist_ok=True)
    prompts = work / "prompts.jsonl"
    write_prompts(Path(given.rows), prompts)
    with urllib.request.urlopen(given.server + "/version") as answer:
        print("server: vLLM", json.load(answer)["version"])
    print("| run | reward, first 5 steps | last 5 | largest mean error | largest error | truncated | publishing s"
          " | retries | step s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    server = ["--rollout-server", given.server, "--rollout-adapters", str(adapters)]
    kinds = {"in process": [], "served": server, "served, lag 1": [*server, "--rollout-lag", "1"]}
    for method in given.methods:
        for kind, more in kinds.items():
            if method == "ppo" and "lag" in kind:
                continue
            run = work / (method + "-" + kind.replace(", ", "-").replace(" ", "-"))
            command = [given.rlhf, method, "--model", given.model, "--data", str(prompts), "--output", str(run)]
            result = subprocess.run(command + COMMON + METHODS[method] + more, capture_output=True, text=True)
            if result.returncode != 0:
                raise SystemExit(result.stderr)
            lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
            print(row(f"{method}, {kind}", lines), flush=True)


if __name__ == "__main__":
    main()
