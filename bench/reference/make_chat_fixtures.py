"""Renders this project's own chat templates with transformers: the fixtures of the chat tests.

Usage: make_chat_fixtures.py. Reads language-model/src/test/resources/chat/*.jinja, each in the
manner of a family, and writes expected.json beside them, and jinja/src/test/resources/snippets.json:

- families: for each template and dialogue `text` and `prompt` (with a generation prompt) by
  apply_chat_template, null where it refuses, and `said`: what the assistant says. The templates
  mark that by the comments {# begin #} and {# end #}, which become {% generation %} tags here, so
  that transformers finds the spans; the Java side sees comments and has to find them itself.
- snippets: small templates with their text, null where transformers refuses them.
"""

import json
import re
from pathlib import Path

import jinja2
import transformers
from check_chat_templates import DIALOGUES, ERRORS, SPECIALS
from chat_snippets import SNIPPETS, VARIABLES
from transformers.utils import chat_template_utils

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "language-model/src/test/resources"
FOLDER = ROOT / "chat"
SNIPPETS_FILE = REPOSITORY / "jinja/src/test/resources/snippets.json"


def marked(source):
    """The template with tags for comments, and the whitespace control of each."""
    source = re.sub(r"\{#(-?) begin (-?)#\}", r"{%\1 generation \2%}", source)
    return re.sub(r"\{#(-?) end (-?)#\}", r"{%\1 endgeneration \2%}", source)


def render(source, messages, generation_prompt):
    try:
        texts, spans = chat_template_utils.render_jinja_template(
            conversations=[messages], chat_template=source, return_assistant_tokens_mask=True,
            add_generation_prompt=generation_prompt, **SPECIALS)
    except ERRORS:
        return None, None
    return texts[0], spans[0]


def rendered(tokenizer, source, messages):
    text, spans = render(marked(source), messages, False)
    prompt, _ = render(source, messages, True)
    for expected, generation_prompt in ((text, False), (prompt, True)):
        try:
            applied = tokenizer.apply_chat_template(
                messages, chat_template=source, tokenize=False,
                add_generation_prompt=generation_prompt)
        except ERRORS:
            applied = None
        assert applied == expected, (source, messages, applied, expected)
    said = None
    if text is not None:
        roles = [m["role"] for m in messages]
        said = [text[begin:end] for begin, end in spans]
        if len(said) == len(roles):  # a template that marks every turn
            said = [one for one, role in zip(said, roles, strict=True) if role == "assistant"]
        elif len(said) == len(roles) - 1 and roles[0] == "system":
            said = [one for one, role in zip(said, roles[1:], strict=True) if role == "assistant"]
    return {"text": text, "prompt": prompt, "said": said}


def snippet(source):
    try:
        return chat_template_utils._compile_jinja_template(source).render(**VARIABLES)
    except ERRORS:
        return None


def write(path, expected):
    provenance = {"script": "bench/reference/make_chat_fixtures.py",
                  "transformers": transformers.__version__, "jinja2": jinja2.__version__}
    written = json.dumps({"provenance": provenance} | expected, ensure_ascii=False, indent=1)
    path.write_text(written + "\n", encoding="utf-8")


def main():
    tokenizer = transformers.AutoTokenizer.from_pretrained(ROOT / "tokenizers/byte-bpe")
    for name, token in SPECIALS.items():
        setattr(tokenizer, name, token)
    write(FOLDER / "expected.json", {
        "specials": SPECIALS,
        "dialogues": DIALOGUES,
        "families": {
            path.stem: {name: rendered(tokenizer, path.read_text(encoding="utf-8"), messages)
                        for name, messages in DIALOGUES.items()}
            for path in sorted(FOLDER.glob("*.jinja"))},
    })
    write(SNIPPETS_FILE, {
        "variables": VARIABLES,
        "snippets": [{"template": source, "text": snippet(source)} for source in SNIPPETS],
    })


if __name__ == "__main__":
    main()
