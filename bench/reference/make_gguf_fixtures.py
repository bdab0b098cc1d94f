"""Writes the fixtures of language-model's tests of GGUF files: src/test/resources/gguf/.

Needs `pip install gguf==0.19.0` beside requirements.txt.

blocks.json      random blocks of each type that is read and what the gguf package dequantises them to; numbers and
                 what it quantises them to as Q8_0
mixed.gguf       a one-layer Llama with a tensor of each type; mixed.json: what transformers' gguf_file= computes with it,
                 and the ids that its tokenizer gives
families/        the fixtures' models of some families, written by the gguf package under the names that it gives their
                 tensors; families.json: what transformers computes with them
tokenizers.json  vocabularies as GGUF files have them, and the ids that transformers gives for texts
"""

import json
import math
import pathlib
import tempfile

import gguf
import numpy
import torch
import transformers
from gguf import GGMLQuantizationType as Q
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
OUT = HERE.parents[1] / "language-model/src/test/resources/gguf"
TEXTS = ["Hello world", "  two  spaces", "tabs\tand\nlines\n\n", "3.14 and 1,000,000", "don't can't I'll we'VE",
         "naïve café ß", "日本語のテキスト", "🙂👍🏽 emoji", "def f(x):\n    return x**2  # square\n", "   ", "\n", "a",
         "CamelCase snake_case", "Привет мир", "<|end|>turn<|end|>", "say <tool>x</tool>", "1234567", "$5.00 (50%)!"]
READ = [Q.F32, Q.F16, Q.BF16, Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.Q4_K, Q.Q6_K]
HALVES = {Q.Q8_0: [0], Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q4_K: [0, 2], Q.Q6_K: [208]}


def random_blocks(kind, count, generator, scale):
    """Blocks of random bytes whose half-precision scales are finite."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    if kind in (Q.F32, Q.F16, Q.BF16):
        values = generator.normal(0, scale * 20, count).astype(numpy.float32)
        return gguf.quantize(values, kind).view(numpy.uint8).reshape(count, -1)
    blocks = generator.integers(0, 256, (count, size), dtype=numpy.uint8)
    for place in HALVES[kind]:
        halves = generator.normal(0, scale, count).astype(numpy.float16)
        blocks[:, place:place + 2] = halves.view(numpy.uint8).reshape(count, 2)
    return blocks


def blocks():
    generator = numpy.random.default_rng(1)
    decoded = {}
    for kind in READ:
        data = random_blocks(kind, 3, generator, 0.01).reshape(1, -1)
        values = gguf.dequantize(data.view(numpy.float32) if kind == Q.F32 else data, kind).reshape(-1)
        decoded[kind.name] = {"bytes": data.tobytes().hex(), "bits": values.view(numpy.int32).tolist()}
    values = numpy.concatenate([generator.normal(0, 1, 32), generator.normal(0, 1e-6, 32), numpy.zeros(32),
                                generator.integers(-254, 255, 32) / 2, generator.normal(0, 3e4, 32)])
    values = values.astype(numpy.float32)
    encoded = gguf.quantize(values.reshape(1, -1), Q.Q8_0)
    write("blocks.json", {"decoded": decoded, "q8_0": {"bits": values.view(numpy.int32).tolist(),
                                                       "bytes": encoded.tobytes().hex()}})


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False, special_tokens=["<|end|>", "<tool>"],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([(HERE / "README.md").read_text()], trainer)
    bpe = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(bpe["vocab"].items(), key=lambda item: item[1])]
    return {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.token_type": [3, 4] + [1] * (len(tokens) - 2),
            "tokenizer.ggml.merges": [" ".join(merge) for merge in bpe["merges"]],
            "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 0}


def sentence_piece(gemma):
    """Pieces learnt by BPE, with the scores that SentencePiece's BPE gives them; Gemma's don't follow the order."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never" if gemma else "first")
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False)
    tokenizer.train_from_iterator([(HERE / "README.md").read_text()], trainer)
    vocabulary = tokenizer.get_vocab()
    learnt = [token for token in sorted(vocabulary, key=vocabulary.get)]
    pieces = sorted((t for t in learnt if len(t) > 1), key=vocabulary.get) + [t for t in learnt if len(t) == 1]
    tokens = ["<unk>", "<|end|>", "<tool>"] + [f"<0x{byte:02X}>" for byte in range(256)] + pieces
    types = [2, 3, 4] + [6] * 256 + [1] * len(pieces)
    scores = [0.0] * 259 + [-1000.0 if gemma else -float(i) for i in range(len(pieces))]
    if gemma:
        tokens += ["  ", "   "]
        types += [4, 4]
        scores += [-1000.0, -1000.0]
    return {"tokenizer.ggml.model": "llama", "tokenizer.ggml.pre": "default", "tokenizer.ggml.tokens": tokens,
            "tokenizer.ggml.token_type": types, "tokenizer.ggml.scores": scores,
            "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 1,
            "tokenizer.ggml.unknown_token_id": 0, "tokenizer.ggml.add_space_prefix": not gemma}


def add_keys(writer, keys):
    for key, value in keys.items():
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, str):
            writer.add_string(key, value)
        else:
            writer.add_array(key, value)


def model(path, keys, tensors, architecture="llama"):
    """A GGUF file of a one-layer model, 256 wide."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(64)
    writer.add_embedding_length(256)
    writer.add_block_count(1)
    writer.add_feed_forward_length(256)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(64)
    writer.add_key_length(64)
    writer.add_value_length(64)
    writer.add_vocab_size(len(keys["tokenizer.ggml.tokens"]))
    if architecture == "gemma3":
        writer.add_sliding_window(32)
    add_keys(writer, keys)
    for name, shape, kind in tensors:
        generator = numpy.random.default_rng(sum(name.encode()))
        if kind == Q.F32:
            writer.add_tensor(name, (1 + generator.normal(0, 0.2, shape)).astype(numpy.float32))
            continue
        count = int(numpy.prod(shape)) // gguf.GGML_QUANT_SIZES[kind][0]
        scale = {Q.F16: 0.004, Q.BF16: 0.004, Q.Q8_0: 0.001, Q.Q4_0: 0.01, Q.Q4_1: 0.01, Q.Q4_K: 0.0003}.get(kind, 4e-5)
        data = random_blocks(kind, count, generator, scale).reshape(shape[0], -1)
        if kind in (Q.F16, Q.BF16):
            data = data.view(numpy.uint16 if kind == Q.BF16 else numpy.float16)
        if kind == Q.F16:
            writer.add_tensor(name, data)
        else:
            writer.add_tensor(name, data.view(numpy.uint8), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def names(rows, kinds, architecture="llama"):
    matrices = {"token_embd": (rows, 256), "blk.0.attn_q": (256, 256), "blk.0.attn_k": (128, 256),
                "blk.0.attn_v": (128, 256), "blk.0.attn_output": (256, 256), "blk.0.ffn_gate": (256, 256),
                "blk.0.ffn_up": (256, 256), "blk.0.ffn_down": (256, 256)}
    norms = ["output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"]
    return ([(name + ".weight", shape, kind) for (name, shape), kind in zip(matrices.items(), kinds)]
            + [(name + ".weight", (256,), Q.F32) for name in norms])


def mixed():
    keys = {**byte_level(), "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.add_bos_token": False,
            "tokenizer.chat_template": "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}<|end|>\n{% endfor %}"
                                       "{% if add_generation_prompt %}assistant: {% endif %}"}
    kinds = [Q.Q8_0, Q.Q4_0, Q.Q4_1, Q.F16, Q.Q4_K, Q.Q6_K, Q.BF16, Q.Q4_K]
    model(OUT / "mixed.gguf", keys, names(len(keys["tokenizer.ggml.tokens"]), kinds))
    tokenizer = transformers.AutoTokenizer.from_pretrained(OUT, gguf_file="mixed.gguf")
    network = transformers.AutoModelForCausalLM.from_pretrained(OUT, gguf_file="mixed.gguf", dtype=torch.float32)
    ids = torch.randint(2, 300, (1, 40), generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        logprobs = torch.log_softmax(network.eval()(ids).logits[0], -1)
    prompt = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False,
                                           add_generation_prompt=True)
    write("mixed.json", {"ids": ids[0].tolist(), "prompt": prompt,
                         "logprobs": logprobs[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist(),
                         "texts": texts(tokenizer)})


def texts(tokenizer):
    return [{"text": text, "ids": tokenizer(text, add_special_tokens=False).input_ids,
             "with_specials": tokenizer(text).input_ids} for text in TEXTS]


def tokenizers():
    """Each way of splitting text, and each kind of vocabulary, read by transformers from a GGUF file."""
    cases = {pre: {**byte_level(), "tokenizer.ggml.pre": pre, "tokenizer.ggml.add_bos_token": pre == "llama-bpe"}
             for pre in ("gpt-2", "smollm", "llama-bpe", "dbrx", "qwen2", "tekken", "gpt-4o")}
    cases["sentencepiece"] = sentence_piece(False)
    cases["gemma"] = sentence_piece(True)
    out = []
    for name, keys in cases.items():
        architecture = "gemma3" if name == "gemma" else "llama"
        with tempfile.TemporaryDirectory() as folder:
            rows = len(keys["tokenizer.ggml.tokens"])
            model(pathlib.Path(folder) / "x.gguf", keys, names(rows, [Q.Q4_0] * 8), architecture)
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, gguf_file="x.gguf")
            if name == "smollm":
                # transformers splits such files as GPT-2 does; SmolLM's own tokenizer and llama.cpp split digits first
                tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
                    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
            out.append({"name": name, "architecture": architecture, "keys": keys, "texts": texts(tokenizer)})
    write("tokenizers.json", out)


def rows_in_pairs(matrix, heads):
    """Rows of each head in the order in which llama.cpp turns neighbours."""
    shape = matrix.shape
    return matrix.reshape(heads, 2, shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(shape)


FAMILIES = {  # the fixture, its architecture, and what a file can't say of it
    "gemma2": (gguf.MODEL_ARCH.GEMMA2, {"query_pre_attn_scalar": 8}),
    "granite": (gguf.MODEL_ARCH.GRANITE, {}),
    "phi3": (gguf.MODEL_ARCH.PHI3, {"sliding_window": None}),
    "stablelm": (gguf.MODEL_ARCH.STABLELM, {}),
    "stablelm-beside": (gguf.MODEL_ARCH.STABLELM, {}),
}


def families():
    fixtures = OUT.parent / "fixtures"
    expected = {}
    (OUT / "families").mkdir(exist_ok=True)
    for name, (arch, changes) in FAMILIES.items():
        config = transformers.AutoConfig.from_pretrained(fixtures / name, **changes)
        network = transformers.AutoModelForCausalLM.from_pretrained(fixtures / name, config=config, dtype=torch.float32)
        writer = gguf.GGUFWriter(OUT / "families" / f"{name}.gguf", gguf.MODEL_ARCH_NAMES[arch])
        family_keys(writer, name, config)
        tokenizer_keys(writer, json.loads((fixtures / name / "tokenizer.json").read_text()))
        for tensor, values in family_tensors(arch, config, network.state_dict()):
            writer.add_tensor(tensor, values)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        ids = torch.randint(2, 97, (1, 30), generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            logprobs = torch.log_softmax(network.eval()(ids).logits[0], -1)
        expected[name] = {"ids": ids[0].tolist(),
                          "logprobs": logprobs[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist()}
    write("families.json", expected)


def family_tensors(arch, config, state):
    """The tensors of a checkpoint as llama.cpp's files have them."""
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    heads = {}
    for name, value in state.items():
        value = value.numpy()
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        if ".norms." in name:
            whole, _ = name.split(".norms.")
            heads.setdefault(whole + ".weight", []).append(value)
            continue
        if config.model_type == "gemma2" and name.endswith("norm.weight"):
            value = value + 1
        if config.model_type == "granite" and ".q_proj." in name:
            value = rows_in_pairs(value, config.num_attention_heads)
        if config.model_type == "granite" and ".k_proj." in name:
            value = rows_in_pairs(value, config.num_key_value_heads)
        yield names.get_name(name, (".weight", ".bias")), value
    for name, rows in heads.items():
        yield names.get_name(name, (".weight",)), numpy.stack(rows)
    factors = config.rope_parameters
    if factors["rope_type"] == "longrope":
        for kind, key in (("short", "short_factor"), ("long", "long_factor")):
            yield f"rope_factors_{kind}.weight", numpy.array(factors[key], dtype=numpy.float32)


def family_keys(writer, name, config):
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if name.startswith("stablelm"):
        writer.add_rope_dimension_count(head // 2)
        writer.add_parallel_residual(True)  # as the converter writes of old models, whatever they are
        writer.add_layer_norm_eps(config.layer_norm_eps)
        return
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    if name == "phi3":
        original = config.original_max_position_embeddings
        scale = config.max_position_embeddings / original
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(scale) / math.log(original)))
        writer.add_rope_dimension_count(head // 2)
        writer.add_sliding_window(0)
        return
    writer.add_key_length(head)
    writer.add_value_length(head)
    if name == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_sliding_window(config.sliding_window)
    else:
        writer.add_attention_scale(config.attention_multiplier)
        writer.add_embedding_scale(config.embedding_multiplier)
        writer.add_residual_scale(config.residual_multiplier)
        writer.add_logit_scale(config.logits_scaling)


def tokenizer_keys(writer, tokenizer):
    bpe = tokenizer["model"]
    special = {token["id"] for token in tokenizer["added_tokens"] if token["special"]}
    tokens = {**{i: t for t, i in bpe["vocab"].items()}, **{t["id"]: t["content"] for t in tokenizer["added_tokens"]}}
    add_keys(writer, {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2",
                      "tokenizer.ggml.tokens": [tokens[i] for i in range(len(tokens))],
                      "tokenizer.ggml.token_type": [3 if i in special else 1 for i in range(len(tokens))],
                      "tokenizer.ggml.merges": [" ".join(merge) for merge in bpe["merges"]],
                      "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 0})


def write(name, content):
    (OUT / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    blocks()
    mixed()
    families()
    tokenizers()
    write("provenance.json", {"script": "bench/reference/make_gguf_fixtures.py", "gguf": "0.19.0",
                              "transformers": transformers.__version__, "torch": torch.__version__})
