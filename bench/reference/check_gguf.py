"""Compares what rlhf4j exports as GGUF with llama.cpp, and prints a table.

python check_gguf.py CLASSPATH NODE_MODULES FOLDER [MODEL ...]

Makes a small random model of each family by transformers, exports it in every type (GgufFiles of the tests of
language-model), dequantises the file with the gguf package, puts those weights into transformers' model, and compares
its log-probabilities, its greedy continuation and its tokenizer's ids with those of llama.cpp. Needs
`pip install gguf==0.19.0` and, in the parent of NODE_MODULES, `npm install node-llama-cpp@3`.
"""

import json
import pathlib
import subprocess
import sys

import numpy
import torch
import transformers as t
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tiny_models import draw_weights

HERE = pathlib.Path(__file__).parent
TEXTS = ["Hello world", "two  spaces", "tabs\tand\nlines\n\n", "3.14 and 1,000,000", "don't I'll we've", "naïve ü ß",
         "日本語", "🙂 ok", "def f(x):\n    return x", "<|end|>\n", "<|user|>\n hi<s> you"]
TYPES = ["f32", "f16", "bf16", "q8_0"]
SIZES = dict(vocab_size=384, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, head_dim=16, max_position_embeddings=64, bos_token_id=0, eos_token_id=0,
             pad_token_id=1)


def rope(**settings):
    return {"rope_type": "default", "rope_theta": 10000.0, **settings}


def configs():
    """A configuration of each family that llama.cpp computes."""
    llama3 = rope(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=32)
    gpt = dict(vocab_size=384, n_embd=64, n_layer=2, n_head=4, n_positions=64, bos_token_id=0, eos_token_id=0)
    neox = {k: v for k, v in SIZES.items() if k not in ("num_key_value_heads", "head_dim")}
    shared = {k: v for k, v in SIZES.items() if k != "head_dim"}
    half = rope(partial_rotary_factor=0.5)
    longrope = rope(rope_type="longrope", partial_rotary_factor=0.5, short_factor=[1.1, 1.7, 1.3, 2.0],
                    long_factor=[3.0, 5.0, 6.0, 7.0])
    scaled = dict(embedding_multiplier=1.7, attention_multiplier=0.2, residual_multiplier=0.6, logits_scaling=1.3)
    return {
        "llama": t.LlamaConfig(**SIZES, rope_parameters=rope(), tie_word_embeddings=True),
        "llama-biased": t.LlamaConfig(**SIZES, rope_parameters=rope(), attention_bias=True, mlp_bias=True),
        "llama-llama3": t.LlamaConfig(**SIZES, rope_parameters=llama3, tie_word_embeddings=False),
        "llama-yarn": t.LlamaConfig(**SIZES, rope_parameters=rope(rope_type="yarn", factor=2.0,
                                                                   original_max_position_embeddings=32)),
        "mistral": t.MistralConfig(**SIZES, sliding_window=None, rope_parameters=rope()),
        "qwen2": t.Qwen2Config(**SIZES, rope_parameters=rope(rope_type="linear", factor=2.0)),
        "qwen3": t.Qwen3Config(**SIZES, rope_parameters=rope(), tie_word_embeddings=True),
        "smollm3": t.SmolLM3Config(**{**SIZES, "num_hidden_layers": 5}, rope_parameters=rope()),
        "olmo2": t.Olmo2Config(**SIZES, rope_parameters=rope()),
        "phi3": t.Phi3Config(**shared, rope_parameters=rope()),
        "phi3-longrope": t.Phi3Config(**{**shared, "max_position_embeddings": 2048}, tie_word_embeddings=True,
                                      original_max_position_embeddings=512, rope_parameters=longrope),
        "stablelm": t.StableLmConfig(**shared, use_qkv_bias=True, rope_parameters=half),
        "stablelm-beside": t.StableLmConfig(**shared, use_parallel_residual=True, qk_layernorm=True,
                                            rope_parameters=rope(partial_rotary_factor=0.25)),
        "granite": t.GraniteConfig(**SIZES, **scaled, rope_parameters=rope(), tie_word_embeddings=True),
        "granite-biased": t.GraniteConfig(**SIZES, **scaled, rope_parameters=llama3, attention_bias=True, mlp_bias=True),
        "gemma2": t.Gemma2Config(**{**SIZES, "num_hidden_layers": 3}, sliding_window=8, query_pre_attn_scalar=16,
                                 attn_logit_softcapping=6.0, final_logit_softcapping=8.0, rope_parameters=rope()),
        "gemma3": t.Gemma3TextConfig(**{**SIZES, "num_hidden_layers": 7}, sliding_window=8, query_pre_attn_scalar=16,
                                     rope_parameters={"full_attention": rope(rope_theta=1e6),
                                                      "sliding_attention": rope()}),
        "gpt2": t.GPT2Config(**gpt),
        "gpt_neox": t.GPTNeoXConfig(**neox, rope_parameters=rope(partial_rotary_factor=0.5)),
    }


def byte_tokenizer(dropping=False):
    """All bytes and a hundred merges, split as GPT-2 does.

    Of Phi-3 (dropping) the special tokens but three take the spaces after them away.
    """
    phi = ["<unk>", "<s>", "</s>", "<|endoftext|>", "<|user|>"] if dropping else []
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=384, special_tokens=["<|end|>", "<|pad|>", *phi], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([(HERE / "README.md").read_text()], trainer)
    if dropping:
        tokenizer = Tokenizer.from_str(with_dropping(json.loads(tokenizer.to_str())))
    return t.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|end|>", eos_token="<|end|>",
                                     pad_token="<|pad|>")


def with_dropping(tokenizer):
    for token in tokenizer["added_tokens"]:
        token["rstrip"] = token["content"] not in ("<unk>", "<s>", "<|endoftext|>")
    return json.dumps(tokenizer)


def make(folder, names):
    for seed, (name, config) in enumerate(configs().items()):
        if name not in names:
            continue
        model = draw_weights(t.AutoModelForCausalLM.from_config(config, dtype=torch.float32), seed)
        with torch.no_grad():
            for matrix in model.parameters():
                if matrix.ndim == 2:
                    matrix.mul_(0.5)  # less sensitive to rounding
        model.save_pretrained(folder / name)
        byte_tokenizer(name == "phi3-longrope").save_pretrained(folder / name)


def stored(folder, file):
    """transformers' model with the weights that the file stands for, found by their values."""
    from gguf import GGUFReader, quantize, dequantize, GGMLQuantizationType
    model = t.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    types = {tensor.tensor_type for tensor in GGUFReader(file).tensors if len(tensor.shape) > 1}
    assert len(types - {GGMLQuantizationType.F32}) <= 1, types
    matrices = next(iter(types - {GGMLQuantizationType.F32}), GGMLQuantizationType.F32)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2 and "wpe" not in name:
                turned = ".c_" in name  # GPT-2's matrices are [in, out]
                values = parameter.T if turned else parameter
                values = torch.from_numpy(dequantize(quantize(values.contiguous().numpy(), matrices), matrices))
                parameter.copy_(values.T if turned else values)
    return model


def compare(folder, file, node_modules):
    model, tokenizer = stored(folder, file), t.PreTrainedTokenizerFast.from_pretrained(folder)
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(2, 384, (40,), generator=generator)
    request = {"model": str(file), "ids": ids.tolist(), "greedy": 16, "texts": TEXTS}
    run = subprocess.run(["node", HERE / "llama_cpp.mjs", node_modules], input=json.dumps(request), text=True,
                         capture_output=True)
    if run.returncode:
        return f"llama.cpp: {run.stderr.strip().splitlines()[-1] if run.stderr.strip() else run.returncode}"
    out = json.loads(run.stdout.strip().splitlines()[-1])
    with torch.no_grad():
        logprobs = torch.log_softmax(model(ids[None]).logits[0].double(), -1)
    expected = logprobs[:-1].gather(1, ids[1:, None])[:, 0].numpy()
    difference = numpy.abs(expected - numpy.array(out["logprobs"])).max()
    greedy = model.generate(ids[None], max_new_tokens=16, do_sample=False, pad_token_id=1)[0, 40:].tolist()
    same_ids = [tokenizer(text, add_special_tokens=False).input_ids for text in TEXTS] == out["plain"]
    return (f"{difference:.1e} | {'yes' if greedy == out['greedy'] else 'no, from token %d' % first(greedy, out['greedy'])}"
            f" | {'yes' if same_ids else 'no'}")


def first(one, other):
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


def main():
    classpath, node_modules, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    torch.set_num_threads(1)
    names = sys.argv[4:] or list(configs())
    make(folder / "models", names)
    subprocess.run(["java", "-cp", classpath, "org.rlhf4j.model.GgufFiles", folder / "models", folder / "files"],
                   check=True)
    print("| model | type | largest difference of a log-probability | greedy tokens equal | ids of texts equal |")
    print("| --- | --- | --- | --- | --- |")
    for name in names:
        for kind in TYPES:
            file = folder / "files" / f"{name}-{kind}.gguf"
            print(f"| {name} | {kind} | {compare(folder / 'models' / name, file, node_modules)} |", flush=True)


if __name__ == "__main__":
    main()
