"""The commands that same_results.py runs, and the small files that they read."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

DEMO = "runs/demo"
PAIRS = f"{DEMO}/input/comparisons.csv"
HELDOUT = f"{DEMO}/input/heldout.csv"
PROMPTS = f"{DEMO}/input/prompts.csv"
SUMS = f"{DEMO}/input/sums.csv"
SFT = f"{DEMO}/sft"
REWARD = f"{DEMO}/reward"

REPEATED = ("--data", "--reward", "--eval-data", "--normalize-on")
RESUMED = ("sft-lora", "reward-lora", "ppo-kl-target", "grpo-running-mean")


@dataclass(frozen=True)
class Case:
    """One command; `folder` is the one that it writes, if any, `typed` its standard input."""
    name: str
    words: tuple
    folder: str = ""
    typed: str = ""
    before: Callable[[Path], None] = lambda work: None
    after: tuple = ()

    def needs(self, others):
        """Names of the cases whose folders this one reads."""
        read = " ".join([*self.words, *self.after])
        return [other.name for other in others
                if other.folder and other.name != self.name and names(read, other.folder)]


def names(text, folder):
    """Whether a text has this folder or a file in it, and not one whose name only begins so."""
    rest = text.split(folder)[1:]
    return any(not after or after[0] in "/ ,'\"" for after in rest)


def options(words):
    """The words of a command; of an option given twice the last counts, unless it may be repeated."""
    kept = []
    for word in shlex.split(f"{words} --threads 2 --seed 0"):
        if word.startswith("--") and word not in REPEATED and word in kept:
            place = kept.index(word)
            del kept[place:place + 2]
        kept.append(word)
    return tuple(kept)


def text(name, words, **more):
    """A command that prints; it writes no folder."""
    return Case(name, options(words), **more)


def stage(name, words, **more):
    """A command that writes the folder runs/NAME."""
    folder = f"runs/{name}"
    return Case(name, options(f"{words} --output {folder}"), folder, **more)


def real_data():
    """The four stages on real dialogues and a model of five million weights, a few steps each."""
    usual = "--data inputs/hh.jsonl.gz --max-length 128 --steps 3 --checkpoint-every 2"
    return [
        stage("sft", f"sft --model inputs/model {usual} --batch-size 4 --eval-fraction 0.02"),
        stage("reward", f"reward --model runs/sft {usual} --batch-size 4 --eval-fraction 0.02"),
        stage("ppo", f"ppo --model runs/sft --reward-model runs/reward {usual} --prompts-per-step 4 "
                     "--max-new-tokens 16"),
        stage("grpo", f"grpo --model runs/sft --reward-model runs/reward {usual} --prompts-per-step 2 "
                      "--group-size 4 --max-new-tokens 16"),
        stage("sft-messages", "sft --model inputs/model --data inputs/messages.jsonl --max-length 128 --steps 2 "
                              "--batch-size 2 --eval-fraction 0 --train-on prompt,completion"),
        stage("reward-messages", "reward --model inputs/model --data inputs/message-pairs.jsonl --max-length 128 "
                                 "--steps 2 --batch-size 2 --eval-fraction 0.3"),
        stage("grpo-messages", "grpo --model inputs/model --reward-model runs/reward-messages "
                               "--data inputs/messages.jsonl --max-length 128 --steps 1 --prompts-per-step 2 "
                               "--group-size 2 --max-new-tokens 8"),
        stage("sft-columns", "sft --model inputs/model --data inputs/gsm8k.jsonl --columns "
                             "prompt=question,completion=answer --on-bad-row skip --max-length 96 --steps 1 "
                             "--batch-size 2 --max-dropped 1 --eval-fraction 0"),
    ]


def sft():
    """What the options of sft change, on the demo's model."""
    usual = (f"sft --model {SFT} --data {DEMO}/input/demonstrations.csv --steps 2 --batch-size 8 --eval-fraction 0.02 "
             "--learning-rate 1e-3")
    return [
        stage("sft-lora", f"{usual} --lora-rank 4 --lora-dropout 0.1 --checkpoint-every 1"),
        stage("sft-lora-more", f"{usual.replace(SFT, 'runs/sft-lora')}"),
        stage("sft-lora-bf16", f"{usual} --lora-rank 2 --lora-alpha 8 --lora-targets all-linear --precision bf16"),
        stage("sft-bf16", f"{usual} --precision bf16 --save-dtype bf16"),
        stage("sft-memory", f"{usual} --gradient-checkpointing --micro-batch-tokens 64"),
        stage("sft-eval", f"{usual} --eval-data {DEMO}/input/heldout.csv --steps 4 --eval-every 1 --keep-best "
                          "--patience 1 --learning-rate 0.01 --schedule constant"),
        stage("sft-optimizer", f"{usual} --schedule cosine --warmup-steps 1 --weight-decay 0.1 --adam-beta1 0.8 "
                               "--adam-beta2 0.9 --adam-epsilon 1e-6 --max-grad-norm 0 --shuffle false --steps 3"),
        stage("sft-shards", f"{usual} --save-dtype fp16 --max-shard-size 500KB --profile --json-log"),
        stage("sft-weights", f"{usual} --data inputs/text.jsonl --data-weights 0.5,2 --train-on prompt,completion"),
    ]


def reward():
    """What the options of reward change."""
    usual = f"reward --model {SFT} --steps 2 --batch-size 4 --learning-rate 1e-3"
    pairs = f"{usual} --data {PAIRS} --eval-fraction 0.02"
    return [
        stage("reward-rankings", f"{usual} --data inputs/rankings.jsonl --eval-fraction 0.3"),
        stage("reward-frozen", f"{pairs} --freeze-backbone"),
        stage("reward-normalize", f"{pairs} --normalize-on {HELDOUT} --center-coefficient 0.01"),
        stage("reward-margin", f"{usual} --data inputs/margins.jsonl --margin-column gap --eval-fraction 0.3"),
        stage("reward-lora", f"{pairs} --lora-rank 4 --eval-every 1 --keep-best --checkpoint-every 1"),
        stage("reward-memory", f"{pairs} --precision bf16 --gradient-checkpointing --micro-batch-tokens 128"),
        stage("reward-more", f"{pairs.replace(SFT, REWARD)} --save-dtype bf16 --eval-data {HELDOUT}"),
    ]


def ppo():
    """What the options of ppo change."""
    usual = (f"ppo --model {SFT} --steps 2 --prompts-per-step 4 --max-new-tokens 12 --learning-rate 1e-4 "
             "--ppo-epochs 2")
    judged = f"{usual} --data {PROMPTS} --reward-model {REWARD}"
    return [
        stage("ppo-adaptive-kl", f"{judged} --objective adaptive-kl --checkpoint-every 1"),
        stage("ppo-vanilla", f"{judged} --objective vanilla --ppo-epochs 1 --entropy-coefficient 0.01"),
        stage("ppo-trust-region", f"{judged} --objective trust-region --ppo-epochs 1"),
        stage("ppo-shared", f"{judged} --critic shared --minibatches 2 --value-coefficient 0.2 --value-clip 0"),
        stage("ppo-kl-target", f"{judged} --kl-target 0.1 --kl-horizon 20 --checkpoint-every 1"),
        stage("ppo-kl-loss", f"{judged} --kl-in loss --kl-estimator k2 --exact-kl --refresh-reference-every 1 "
                             "--dual-clip 3 --gamma 0.99 --lambda 0.9"),
        stage("ppo-eval", f"{judged} --eval-data {HELDOUT} --eval-prompts 6 --eval-every 1 --keep-best "
                          "--max-eval-kl 50 --temperature 0.8"),
        stage("ppo-stop", f"{judged} --stop-at-kl 0.0001 --steps 4 --eval-fraction 0.1 --eval-prompts 4"),
        stage("ppo-replay", f"{usual} --replay runs/ppo-kl-target/rollouts.jsonl --max-ratio 2 "
                            f"--value-model {REWARD}"),
        stage("ppo-lora", f"{judged} --lora-rank 4"),
        stage("ppo-adapters", f"{judged.replace(REWARD, 'runs/reward-lora')} --lora-rank 4"),
        stage("ppo-value-model", f"{judged.replace(REWARD, 'runs/reward-normalize')} --normalize-reward "
                                 f"--critic-warmup-steps 1 --value-model {SFT}"),
        stage("ppo-program", f"{usual} --data {PROMPTS} --reward 'regex:(?i)love' --reward 0.5*length-penalty:4-12"),
        stage("ppo-tokenizer", f"{judged.replace(REWARD, 'runs/reward')} --steps 1"),
        stage("ppo-memory", f"{judged} --precision bf16 --gradient-checkpointing --micro-batch-tokens 64"),
        stage("ppo-reference", f"{judged.replace(SFT, 'runs/ppo-vanilla')} --reference-model {SFT} --skip-proofs"),
    ]


def grpo():
    """What the options of grpo change."""
    usual = (f"grpo --model {SFT} --steps 2 --prompts-per-step 4 --group-size 4 --max-new-tokens 12 "
             "--learning-rate 1e-4")
    sums = f"{usual} --data {SUMS} --reward number-after:="
    judged = f"{usual} --data {PROMPTS} --reward-model {REWARD}"
    return [
        stage("grpo-dapo", f"{judged} --loss dapo --clip-high 0.28 --mask-cut-completions"),
        stage("grpo-dr", f"{judged} --loss dr-grpo --updates-per-batch 2"),
        stage("grpo-gspo", f"{judged} --loss gspo --updates-per-batch 2"),
        stage("grpo-leave-one-out", f"{judged} --advantage leave-one-out --kl-in reward --kl-estimator k1"),
        stage("grpo-running-mean", f"{judged} --advantage running-mean --checkpoint-every 1"),
        stage("grpo-updates", f"{judged} --updates-per-batch 2 --kl-ratio-correction --exact-kl"),
        stage("grpo-programs", f"{sums} --reward 0.2*length-penalty:4-12 --reward repetition-penalty "
                               "--reward exact-match --reward 'regex:= (?<answer>.*)' --reward format:think,answer "
                               "--reward '0.1*command:python3 inputs/score.py' --missing-eos-penalty 0.5"),
        stage("grpo-resample", f"{sums} --resample-groups 4"),
        stage("grpo-replay", f"{usual} --replay runs/grpo-running-mean/rollouts.jsonl --max-ratio 2"),
        stage("grpo-lora", f"{judged} --lora-rank 4 --kl-target 0.1 --kl-in reward --kl-estimator k1"),
        stage("grpo-eval", f"{sums} --eval-data {DEMO}/input/heldout-sums.csv --eval-prompts 6 --eval-every 1 "
                           "--keep-best"),
        stage("grpo-memory", f"{judged} --precision bf16 --gradient-checkpointing --micro-batch-tokens 64"),
    ]


def resumed(case):
    """The same run in another folder: it lost its last checkpoint and what comes after it, and goes on."""
    folder = f"{case.folder}-resumed"
    words = tuple(folder if word == case.folder else word for word in case.words)
    return Case(f"{case.name}-resumed", (*words, "--resume"), folder, after=(case.folder,),
                before=lambda work: interrupted(work / case.folder, work / folder, 1))


def interrupted(finished, folder, at):
    """Copies a finished run as if it had been stopped after the checkpoint of step `at`."""
    shutil.copytree(finished, folder)
    for file in ("finished", "report.html", "evaluation.json"):
        (folder / file).unlink(missing_ok=True)
    for one in (folder / "model", folder / "critic"):
        shutil.rmtree(one, ignore_errors=True)
    for checkpoint in (folder / "checkpoints").iterdir():
        if int(checkpoint.name.removeprefix("step-")) > at:
            shutil.rmtree(checkpoint)


def families():
    """A fresh model of each family, and a step of GRPO with it."""
    cases = []
    for family in FAMILIES:
        cases.append(stage(f"new-{family}", f"new --config inputs/{family}.json --tokenizer {SFT}/model"))
        cases.append(stage(f"grpo-{family}", f"grpo --model runs/new-{family} --data {SUMS} --steps 1 --group-size 3 "
                                             "--reward 0.1*length-penalty:1-12 --reward 'regex:[aeiou] ' "
                                             "--prompts-per-step 3 --max-new-tokens 12 --learning-rate 1e-3"))
    return cases


def judging():
    """The commands that judge, sample and show."""
    small = "--data inputs/few.csv"
    report, page = "runs/report.html", "runs/evaluation.html"
    return [
        text("evaluate", f"evaluate --reward-model {REWARD} --data {HELDOUT} --html {page}", folder=page),
        text("evaluate-json", f"evaluate --reward-model {REWARD} --data {HELDOUT} --json --against "
                              "runs/reward-frozen"),
        text("evaluate-by", "evaluate --reward-model runs/reward-rankings --data inputs/rankings.jsonl --by source "
                            "--json --micro-batch-tokens 64"),
        text("compare", f"compare --model {DEMO}/ppo --reference-model {SFT} --reward-model {REWARD} "
                        "--data inputs/few.csv"),
        text("compare-json", f"compare --model {DEMO}/grpo --reference-model {SFT} --reward number-after:= "
                             f"--data {DEMO}/input/heldout-sums.csv --max-new-tokens 12 --json"),
        text("score", f"score --reward-model {REWARD} {small}"),
        text("score-normalized", f"score --reward-model runs/reward-normalize --normalize-reward {small}"),
        text("score-adapter", f"score --reward-model runs/reward-lora {small}"),
        text("logprobs", f"logprobs --model {SFT} {small}"),
        text("logprobs-adapter", f"logprobs --model runs/sft-lora {small} --precision bf16"),
        text("generate-greedy", f"generate --model {SFT} {small} --temperature 0 --max-new-tokens 24"),
        text("generate-sampled", f"generate --model {SFT} {small} --samples 3 --top-p 0.9 --top-k 40 --stop . "
                                 "--max-new-tokens 24"),
        text("generate-best", f"generate --model {SFT} {small} --best-of 4 --reward-model {REWARD} "
                              "--max-new-tokens 24 --temperature 1.2"),
        text("generate-bf16", "generate --model inputs/model --data inputs/messages.jsonl --max-new-tokens 12 "
                              "--precision bf16"),
        text("generate-adapter", f"generate --model runs/grpo-lora {small} --max-new-tokens 12 --temperature 0"),
        text("chat", "chat --model inputs/model --max-new-tokens 12 --temperature 0 --system Hello",
             typed="Who are you?\n/clear\nWhat is rain?\n/exit\n"),
        text("inspect-pairs", f"inspect --model {SFT} --data {PAIRS} --rows 2"),
        text("inspect-messages", "inspect --model inputs/model --data inputs/messages.jsonl --max-length 128"),
        text("inspect-real", "inspect --model inputs/model --data inputs/hh.jsonl.gz --max-length 128 --rows 1"),
        text("plan-sft", f"plan sft --model {SFT} --data {PAIRS} --output runs/none --steps 2"),
        text("plan-reward", f"plan reward --model {SFT} --data {PAIRS} --output runs/none --steps 2 "
                            "--lora-rank 2"),
        text("plan-ppo", f"plan ppo --model {SFT} --reward-model {REWARD} --data {PROMPTS} --output runs/none "
                         "--steps 2 --max-new-tokens 16"),
        text("plan-grpo", f"plan grpo --model {SFT} --reward number-after:= --data {SUMS} --output runs/none "
                          "--steps 2 --max-new-tokens 16"),
        stage("merge-sft", "merge --model runs/sft-lora"),
        stage("merge-reward", "merge --model runs/reward-lora --save-dtype bf16"),
        Case("report", ("report", "runs/sft", "runs/ppo-eval", "runs/grpo-programs", "--output", report), report),
        Case("report-stdout", ("report", DEMO)),
    ]


def pipeline():
    """A pipeline, the same again (all skipped), and one stage of it anew."""
    words = ("run", "inputs/pipeline.yaml", "--output", "runs/pipeline", "--threads", "2")
    return [Case("pipeline", words, "runs/pipeline"),
            Case("pipeline-again", words, after=("runs/pipeline",)),
            Case("pipeline-rerun", (*words, "--rerun", "reward"), "runs/pipeline", after=("runs/pipeline",))]


def faults():
    """What is refused: the message and the exit code."""
    return [
        text("fault-option", f"sft --modle {SFT}"),
        text("fault-value", f"sft --model {SFT} --data {PAIRS} --output runs/none --steps two"),
        text("fault-required", "ppo --output runs/none"),
        text("fault-file", f"sft --model {SFT} --data inputs/none.csv --output runs/none"),
        text("fault-row", f"sft --model {SFT} --data inputs/gsm8k.jsonl --columns prompt=question,completion=answer "
                          "--output runs/none"),
        text("fault-model", f"sft --model runs/demo/input --data {PAIRS} --output runs/none"),
        text("fault-folder", f"sft --model {SFT} --data {PAIRS} --output runs/demo/sft --steps 1"),
        text("fault-combination", f"grpo --model {SFT} --data {SUMS} --output runs/none --group-size 1 "
                                  "--reward number-after:="),
        Case("fault-pipeline", ("run", "inputs/broken.yaml", "--output", "runs/none")),
        Case("fault-command", ("sfft",)),
    ]


def commands():
    """All cases, each after those whose folders it reads."""
    demo = Case("demo", ("demo", "--quick", "--output", DEMO, "--threads", "2", "--seed", "0"), DEMO)
    cases = [demo, *real_data(), *sft(), *reward(), *ppo(), *grpo()]
    again = [resumed(case) for case in cases if case.name in RESUMED]
    return [*cases, *again, *families(), *judging(), *pipeline(), *faults()]


LLAMA = {"vocab_size": 1024, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 128,
         "rms_norm_eps": 1e-6, "hidden_act": "silu", "initializer_range": 0.02, "tie_word_embeddings": True,
         "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, "attention_bias": False,
         "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1, "dtype": "float32"}
WINDOW = {"layer_types": ["full_attention", "sliding_attention"], "sliding_window": 9, "use_sliding_window": True,
          "max_window_layers": 1}
FAMILIES = {
    "gpt2": {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 1024, "n_embd": 32,
             "n_head": 4, "n_layer": 2, "n_positions": 128, "activation_function": "gelu_new",
             "layer_norm_epsilon": 1e-5, "initializer_range": 0.02, "bos_token_id": 0, "eos_token_id": 0,
             "pad_token_id": 1, "tie_word_embeddings": True, "dtype": "float32"},
    "gpt_neox": {"architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "vocab_size": 1024,
                 "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
                 "max_position_embeddings": 128, "rotary_pct": 0.5, "rotary_emb_base": 10000.0,
                 "hidden_act": "gelu", "layer_norm_eps": 1e-5, "initializer_range": 0.02, "attention_bias": True,
                 "use_parallel_residual": True, "tie_word_embeddings": False, "bos_token_id": 0,
                 "eos_token_id": 0, "pad_token_id": 1, "torch_dtype": "float32"},
    "llama": {**LLAMA, "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": True,
              "mlp_bias": True, "tie_word_embeddings": False},
    "mistral": {**LLAMA, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "sliding_window": 7},
    "qwen2": {**LLAMA, **WINDOW, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2"},
    "qwen3": {**LLAMA, **WINDOW, "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"},
    "olmo2": {**LLAMA, "architectures": ["Olmo2ForCausalLM"], "model_type": "olmo2"},
    "smollm3": {**LLAMA, **WINDOW, "architectures": ["SmolLM3ForCausalLM"], "model_type": "smollm3",
                "no_rope_layers": [1, 0], "no_rope_layer_interval": 2},
    "gemma3": {**LLAMA, "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text",
               "hidden_activation": "gelu_pytorch_tanh", "query_pre_attn_scalar": 10, "sliding_window": 6,
               "layer_types": ["sliding_attention", "full_attention"],
               "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                                   "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}},
}

PIPELINE = """seed: 1
stages:
  - {name: sft, stage: sft, model: ../runs/demo/sft, data: few.csv, steps: 2, batch-size: 4, eval-fraction: 0}
  - {name: reward, stage: reward, model: {from: sft}, data: rankings.jsonl, steps: 2, batch-size: 4,
     eval-fraction: 0.3}
  - name: grpo
    stage: grpo
    model: {from: sft}
    reward-model: {from: reward}
    reward: [{name: length-penalty, argument: 4-12, weight: 0.2}, repetition-penalty]
    data: few.csv
    steps: 2
    prompts-per-step: 2
    group-size: 3
    max-new-tokens: 12
"""

SCORE = """import json, sys

for line in sys.stdin:
    print(json.dumps({"score": len(json.loads(line)["completion"]) / 40}), flush=True)
"""


def write_inputs(folder, data, model):
    """What the commands read beside each other's folders: small, and the same each time."""
    folder.mkdir(parents=True)
    shutil.copytree(model, folder / "model")
    shutil.copy(data / "hh-harmless-train.jsonl.gz", folder / "hh.jsonl.gz")
    write_dialogues(folder, data)
    with gzip.open(data / "gsm8k-train.jsonl.gz", "rt", encoding="utf-8") as rows:
        lines = list(itertools.islice(rows, 12))
    (folder / "gsm8k.jsonl").write_text("".join([*lines[:5], '{"question": 1}\n', *lines[5:]]), encoding="utf-8")
    for family, config in FAMILIES.items():
        (folder / f"{family}.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "pipeline.yaml").write_text(PIPELINE)
    (folder / "broken.yaml").write_text(PIPELINE.replace("{from: sft}", "{from: stf}"))
    (folder / "score.py").write_text(SCORE)


def write_dialogues(folder, data):
    """Short rows of messages, cut from the first turns of real dialogues."""
    messages, pairs = [], []
    with gzip.open(data / "hh-harmless-heldout.jsonl.gz", "rt", encoding="utf-8") as rows:
        for row in map(json.loads, itertools.islice(rows, 60)):
            turns = [turn.strip() for turn in row["chosen"].replace("\n\nAssistant:", "\n\nHuman:").split("\n\nHuman:")]
            if len(turns) > 2 and len(turns[1]) + len(turns[2]) < 200 and len(messages) < 16:
                prompt = [{"role": "user", "content": turns[1]}]
                answer = [{"role": "assistant", "content": turns[2]}]
                messages.append({"messages": prompt + answer})
                pairs.append({"prompt": prompt, "chosen": answer,
                              "rejected": [{"role": "assistant", "content": turns[2][::-1]}]})
    write_lines(folder / "messages.jsonl", messages)
    write_lines(folder / "message-pairs.jsonl", pairs)


def write_more_inputs(folder, demo):
    """Rankings, margins, texts and a few rows, made of the demo's comparisons."""
    with open(demo / "comparisons.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_prompt = {}
    for row in rows:
        by_prompt.setdefault(row["prompt"], []).append(row)
    rankings = [{"prompt": prompt, "source": "odd" if len(prompt) % 2 else "even",
                 "completions": [same[0]["chosen"], same[0]["rejected"], " No."]}
                for prompt, same in itertools.islice(by_prompt.items(), 24)]
    write_lines(folder / "rankings.jsonl", rankings)
    write_lines(folder / "margins.jsonl", [{**row, "gap": number % 3 / 2} for number, row in enumerate(rows[:60:2])])
    write_lines(folder / "text.jsonl", [{"text": row["prompt"] + row["chosen"]} for row in rows[1:40:3]])
    with open(folder / "few.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(same[0] for same in itertools.islice(by_prompt.values(), 6))


def write_lines(file, rows):
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
