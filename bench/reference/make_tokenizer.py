"""Trains the small tokenizers of the Java tests, and notes what transformers says of them.

Usage: make_tokenizer.py. The text is this project's own. Writes byte-bpe (GPT-2's kind: byte-level
BPE, no BOS) and metaspace-bpe (Llama 2's kind: words start with a mark, bytes as a fallback, a BOS)
under language-model and data, each with expected.json and provenance.json; and language-model's
zoo.json: the ids of many kinds of texts, by these two and by the model fixtures' tokenizer.
"""

import json
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("language-model", "data")

TEXT = """
Human: How do I keep my tomatoes alive in August?
Assistant: Water them early, before the sun is on the leaves, and cover the soil with straw.
Human: And what if it doesn't rain for two weeks?
Assistant: Then water twice as much, but half as often: the roots go deeper that way.
Human: What is 12 + 30?
Assistant: The answer is 42.
Human: Could you say something kind about my cat?
Assistant: Your cat has chosen you, and cats are careful about that. I'd call it a good sign.
Human: Name three rivers that end in a desert.
Assistant: The Okavango, the Tarim and the Helmand: all three lose themselves before any sea.
Human: My sister won't answer when I call. Should I keep calling her?
Assistant: Write to her once, say that you are there, and then leave her the time she needs.
Human: Why is the sky dark at night, with so many stars?
Assistant: The stars have not shone for ever, and the light of most has not come to us yet.
"""

SAMPLES = [
    "",
    " ",
    "a",
    " a",
    "Hello",
    "Human: How do I keep my cat?\n\nAssistant: The answer is 42.",
    "\n\nHuman: hi\n\nAssistant:",
    "trailing space ",
    "two  spaces\tand a tab\r\n",
    "naïve café, 東京, Ωmega",
    "an emoji 🌱 and a family 👩‍👩‍👧",
    "it's we'll I'D don't",
    "nul \u0000 inside",
    "x" * 700,
]

ZOO = [
    "".join(map(chr, range(32, 127))),
    "0 1 12 123 1234 12345 3.14159 1,000,000 -7 1e-9",
    "    def f(x):\n\treturn x  # {\"a\": [1]}\n",
    "http://example.org/a?b=c&d=%20#e",
    "  ", "   ", "a   b", " " * 33, "\t\t a", "\n\n\n", "a \n b", "x\v\fy",
    "a\r\nb", "\r\n\r\n", "\r\r\n", "\n\r", "Human: hi\r\n\r\nAssistant: hello\r\n",
    "a\u00a0b\u2003c\u2009d\u202fe\u3000f", "\u2028\u2029\u0085", "\ufeffa\u200bb\u2060c",
    "Съешь ещё этих булок, Ἀθῆναι, Երևան", "ﬁ ﬃ ǅ İ ı ſ ß ẞ ⅷ ½ ² ＡＢ１２",
    "שָׁלוֹם, أهلاً بالعالم ١٢٣", "नमस्ते १२३, வணக்கம், สวัสดี", "안녕 \u1100\u1161\u11a8, こんにちは「世界」", "ᚠᛇ ⴰ 𒀀 𓀀 𝓗𝟘 𠀀",
    "e\u0301 \u00e9 q\u0307\u0323 q\u0323\u0307", "\u0301a \u0301", "Z\u0351\u036b\u0343\u036a\u0302",
    "👨\u200d👩\u200d👧\u200d👦👩🏾\u200d🚀", "🏳\ufe0f\u200d🌈 ❤\ufe0f ❤ 🇩🇪🇫🇷 1\ufe0f\u20e3", "🏴\U000e0067\U000e0062\U000e007f", "\u200d\ufe0f🏻",
    "".join(map(chr, range(32))), "\x7f\x80\x9f\u00ad", "\u202ea\u2066b\u2069", "\ufffd\ufffe\uffff\U0010ffff", "\ue000",
    "<|endoftext|>", "a<|pad|>b", " <|turn|> \n", "<|endoftext|><|endoftext|>", "<|endoftext|", "<|ENDOFTEXT|>",
    "<s>a</s>", "x <s> y", "é<unk>é", "<<s>>", "<0x0A><0xFF>", "<|unknown|>?",
    "▁", "a▁b ▁", "Ġ aĠb Ċ", "##a",
    "The rain in Spain. " * 20, "a\u0301" * 60, "🌱" * 40, "\n" * 100, "1234567890" * 12,
]
ZOO_TOKENIZERS = ("tokenizers/byte-bpe", "tokenizers/metaspace-bpe", "fixtures/gpt2")


def train(tokenizer, size, specials, **more):
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=specials, show_progress=False, **more)
    tokenizer.train_from_iterator(TEXT.split("\n"), trainer)
    return tokenizer


def added(content):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": False,
            "rstrip": False, "single_word": False, "special": True}


def byte_bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    train(t, 352, ["<|endoftext|>", "<|pad|>", "<|turn|>"],
          initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return t, {"bos_token": "<|endoftext|>", "eos_token": added("<|endoftext|>"),
               "pad_token": "<|pad|>"}, {"eos_token_id": [0, 2]}


def metaspace_bpe():
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    t.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    train(t, 420, ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)])
    state = json.loads(t.to_str())
    state["pre_tokenizer"] = None
    state["added_tokens"] = state["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(state))
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return t, {"bos_token": "<s>", "eos_token": "</s>"}, {"eos_token_id": 2}


def expected(folder):
    loaded = transformers.AutoTokenizer.from_pretrained(folder)
    rows = []
    for text in SAMPLES:
        ids = loaded(text).input_ids
        rows.append({
            "text": text,
            "ids": ids,
            "raw": loaded(text, add_special_tokens=False).input_ids,
            "decoded": loaded.decode(ids, skip_special_tokens=True),
        })
    return {"rows": rows, "eos": loaded.eos_token_id, "bos": loaded.bos_token_id,
            "pad": loaded.pad_token_id, "vocabulary": len(loaded)}


def write_zoo(resources):
    """A row a line: the text, then its ids by each tokenizer, without special tokens added."""
    loaded = [transformers.AutoTokenizer.from_pretrained(resources / t) for t in ZOO_TOKENIZERS]
    rows = [[text, *(t(text, add_special_tokens=False).input_ids for t in loaded)] for text in ZOO]
    lines = ",\n".join(" " + json.dumps(row) for row in rows)
    head = json.dumps({"tokenizers": ZOO_TOKENIZERS, "versions": versions()})[:-1]
    (resources / "tokenizers/zoo.json").write_text(f'{head}, "rows": [\n{lines}\n]}}\n')


def versions():
    return {m.__name__: m.__version__ for m in (tokenizers, transformers)}


def write(folder, tokenizer, config, generation):
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(folder / "tokenizer_config.json",
               config | {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512})
    write_json(folder / "generation_config.json", generation)
    write_json(folder / "expected.json", expected(folder))
    write_json(folder / "provenance.json", {
        "script": "bench/reference/make_tokenizer.py",
        "versions": versions(),
    })


def write_json(file, content):
    file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def main():
    for name, make in (("byte-bpe", byte_bpe), ("metaspace-bpe", metaspace_bpe)):
        for module in MODULES:
            write(ROOT / module / "src/test/resources/tokenizers" / name, *make())
    write_zoo(ROOT / "language-model/src/test/resources")


if __name__ == "__main__":
    main()
