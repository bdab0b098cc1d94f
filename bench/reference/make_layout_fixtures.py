"""Writes what TRL and LLaMA-Factory make of rows in public layouts: token ids, and what is trained on.

    pip install --no-deps --target FOLDER llamafactory==0.9.5
    PYTHONPATH=FOLDER python bench/reference/make_layout_fixtures.py data/src/test/resources

TRL's functions turn a row into its messages (maybe_convert_to_chatml, maybe_extract_prompt), for
layouts that it has; LLaMA-Factory's converters do for the others. TRL's apply_chat_template and
transformers then write them by one template, which marks what the assistant says. Ids after the
last that is trained on are left out: rlhf4j doesn't read them.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import MagicMock

import transformers.utils.import_utils  # looks for torchaudio before it is stood in for

sys.modules["torchaudio"] = MagicMock()  # LLaMA-Factory's, for sounds

from llamafactory.data.converter import AlpacaDatasetConverter, SharegptDatasetConverter
from llamafactory.data.parser import DatasetAttr
from transformers import AutoTokenizer
from trl.data_utils import apply_chat_template, maybe_convert_to_chatml, maybe_extract_prompt

TEMPLATE = (
    "{% if tools %}{% for t in tools %}{{ 't: ' ~ (t | tojson) ~ '\n' }}{% endfor %}{% endif %}"
    "{% for m in messages %}"
    "{% if m.role == 'assistant' %}{{ 'a:\n' }}{% generation %}{{ m.content if m.content }}"
    "{% if m.tool_calls %}{% for c in m.tool_calls %}{{ '<' ~ c.function.name ~ (c.function.arguments | tojson) ~ '>' }}"
    "{% endfor %}{% endif %}{{ eos_token }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m.role[0] ~ ': ' ~ m.content ~ '\n' }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'a:\n' }}{% endif %}"
)


def said(role, content):
    return {"role": role, "content": content}


USER, ANSWER, OTHER = said("user", "Name a bird."), said("assistant", "A wren."), said("assistant", "A cod.")
AGAIN, MORE = said("user", "And a fish?"), said("assistant", "A perch.")
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}}
CALL = {"role": "assistant", "content": None, "tool_calls": [
    {"type": "function", "function": {"name": "weather", "arguments": {"place": "Oslo"}}}]}

DIALOGUES = {
    "messages": {"messages": [USER, ANSWER, AGAIN, MORE]},
    "from and value": {"conversations": [
        {"from": "user", "value": "Name a bird."}, {"from": "assistant", "value": "A wren."}]},
    "tools": {"messages": [USER, ANSWER], "tools": [WEATHER]},
    "tool calls": {"messages": [said("user", "Is it wet?"), CALL, {"role": "tool", "name": "weather", "content": "rain"}, said("assistant", "Yes.")], "tools": [WEATHER]},
    "completion": {"prompt": [USER], "completion": [ANSWER]},
}
CONVERTED = {
    "sharegpt": (SharegptDatasetConverter, dict(messages="conversations"),
                 {"conversations": [
                     {"from": "human", "value": "Name a bird."}, {"from": "gpt", "value": "A wren."},
                     {"from": "human", "value": "And a fish?"}, {"from": "gpt", "value": "A perch."}]}),
    "ultrachat": (SharegptDatasetConverter, dict(messages="messages", role_tag="role", content_tag="content", user_tag="user", assistant_tag="assistant", system_tag="system"),
                  {"prompt": "Name a bird.", "prompt_id": "a1", "messages": [USER, ANSWER, AGAIN, MORE]}),
    "sharegpt system": (SharegptDatasetConverter, dict(messages="conversations", system="system"),
                        {"system": "Be terse.", "conversations": [{"from": "human", "value": "Name a bird."}, {"from": "gpt", "value": "A wren."}]}),
    "alpaca": (AlpacaDatasetConverter, {}, {"instruction": "Name one.", "input": "birds", "output": "A wren."}),
    "alpaca history": (AlpacaDatasetConverter, dict(system="system", history="history"),
                       {"instruction": "And one more.", "input": "", "output": "A perch.", "system": "Be terse.", "history": [["Name a bird.", "A wren."]]}),
}
PAIRS = {
    "prompt lists": {"prompt": [USER], "chosen": [ANSWER], "rejected": [OTHER]},
    "dialogues": {"chosen": [USER, ANSWER], "rejected": [USER, OTHER]},
    "binarized": {"prompt": "Name a bird.", "prompt_id": "x", "chosen": [USER, ANSWER], "rejected": [USER, OTHER], "messages": [USER, ANSWER], "score_chosen": 8.0, "score_rejected": 2.0},
    "second question": {"prompt": "And a fish?", "chosen": [said("system", "Be terse."), USER, ANSWER, AGAIN, MORE], "rejected": [said("system", "Be terse."), USER, ANSWER, AGAIN, OTHER]},
}
CONVERTED_PAIRS = {
    "sharegpt pair": (SharegptDatasetConverter, dict(messages="conversations", ranking=True, chosen="chosen", rejected="rejected"),
                      {"conversations": [{"from": "human", "value": "Name a bird."}], "chosen": {"from": "gpt", "value": "A wren."}, "rejected": {"from": "gpt", "value": "A cod."}}),
    "alpaca pair": (AlpacaDatasetConverter, dict(ranking=True, chosen="chosen", rejected="rejected"),
                    {"instruction": "Name one.", "input": "birds", "chosen": "A wren.", "rejected": "A cod."}),
}
PROMPTS = {
    "prompt": {"prompt": [USER]},
    "begun answer": {"prompt": [USER, said("assistant", "A small")]},
    "begun answer, space": {"prompt": [USER, said("assistant", "It is ")]},
}


def converted(converter, attributes, row):
    attr = DatasetAttr("file", dataset_name="x")
    for name, value in attributes.items():
        setattr(attr, name, value)
    out = converter(attr, SimpleNamespace(media_dir=None))(json.loads(json.dumps(row)))
    before = ([said("system", out["_system"])] if out["_system"] else []) + out["_prompt"]
    return before, out["_response"]


def main(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizers" / "byte-bpe", chat_template=TEMPLATE)

    def ids(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def dialogue(messages, tools=None):
        out = tokenizer.apply_chat_template(messages, tools=tools, return_dict=True, return_assistant_tokens_mask=True)
        end = max(i for i, one in enumerate(out["assistant_masks"]) if one) + 1
        return {"ids": out["input_ids"][:end], "trained": out["assistant_masks"][:end]}

    def pair(row):
        out = apply_chat_template(row, tokenizer)
        line = lambda text: ids(out["prompt"] + text.removesuffix("\n"))
        return {"prompt": ids(out["prompt"]), "chosen": line(out["chosen"]), "rejected": line(out["rejected"])}

    fixtures = []
    for name, row in DIALOGUES.items():
        given = maybe_convert_to_chatml(json.loads(json.dumps(row)))
        messages = given["messages"] if "messages" in given else given["prompt"] + given["completion"]
        fixtures.append({"name": name, "peer": "trl", "row": row, **dialogue(messages, given.get("tools"))})
    for name, (converter, attributes, row) in CONVERTED.items():
        before, answer = converted(converter, attributes, row)
        fixtures.append({"name": name, "peer": "llamafactory", "row": row, **dialogue(before + answer)})
    for name, row in PAIRS.items():
        given = maybe_extract_prompt(json.loads(json.dumps(row)))
        given = {key: given[key] for key in ("prompt", "chosen", "rejected")}
        fixtures.append({"name": name, "peer": "trl", "row": row, **pair(given)})
    for name, (converter, attributes, row) in CONVERTED_PAIRS.items():
        before, answers = converted(converter, attributes, row)
        given = {"prompt": before, "chosen": answers[:1], "rejected": answers[1:]}
        fixtures.append({"name": name, "peer": "llamafactory", "row": row, **pair(given)})
    for name, row in PROMPTS.items():
        text = apply_chat_template(json.loads(json.dumps(row)), tokenizer)["prompt"]
        fixtures.append({"name": name, "peer": "trl", "row": row, "prompt": ids(text)})
    versions = {name: version(name) for name in ("trl", "transformers", "tokenizers")}
    versions["llamafactory"] = "0.9.5"
    made = {"made by": "bench/reference/make_layout_fixtures.py", **versions, "template": TEMPLATE, "fixtures": fixtures}
    (folder / "layouts.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


main(Path(sys.argv[1]))
