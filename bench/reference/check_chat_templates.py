"""Compares rlhf4j's rendering of real chat templates with transformers', template by template.

Usage: check_chat_templates.py CLASSPATH FOLDER

CLASSPATH holds language-model's classes and test classes and their libraries. FOLDER holds *.jinja
files, from a model hub say; they stay there. Every template renders the dialogues below with and
without a generation prompt. It agrees where all texts and all spans of {% generation %} are equal,
and where both sides refuse the same dialogues; where only rlhf4j refuses, its message is shown.
Where NAME_training.jinja beside NAME.jinja (TRL has such pairs) marks the assistant's turns with
{% generation %}, what rlhf4j finds without marks in NAME is compared with them.
"""

import argparse
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import jinja2
import transformers
from transformers.utils import chat_template_utils

SPECIALS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


ERRORS = (jinja2.exceptions.TemplateError, TypeError, KeyError, ValueError, AttributeError,
          ArithmeticError, SyntaxError)


def turns(*contents, system=None):
    messages = [{"role": "system", "content": system}] if system is not None else []
    for i, content in enumerate(contents):
        messages.append({"role": "assistant" if i % 2 else "user", "content": content})
    return messages


DIALOGUES = {
    "one turn": turns("Hi there"),
    "answered": turns("Hi there", "Hello!"),
    "system": turns("What is 12 + 30?", "42", system="You are brief. /no_think"),
    "several turns": turns("  padded ", "Yes. \n", "naïve 東京 🌱", "\nFine", "And now?"),
    "thinking": turns("Why?", "<think>\nLong\nthought\n</think>\n\nBecause.", "Sure?",
                      "<think>\nyes\n</think>\n\nQuite."),
    "thinking, system": turns("Why?", "<think>\na\n</think>\n\nBecause.", "Sure?", system=" Be kind. "),
    "empty": turns("", "", "x"),
    "two users": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    "assistant first": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}],
    "unknown role": [{"role": "narrator", "content": "Once"}, {"role": "user", "content": "b"}],
}


def requests(folder):
    for path in sorted(folder.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for dialogue, messages in DIALOGUES.items():
            for generation_prompt in (False, True):
                yield path.stem, dialogue, {
                    "template": source, "specials": SPECIALS, "tokens": sorted(tokens(source)),
                    "messages": messages, "generation_prompt": generation_prompt}


def tokens(source):
    """What looks like a special token in a template."""
    return {*SPECIALS.values(), *re.findall(r"<[|\uff5c/]?[\w\u2581]+[|\uff5c]?>", source)}


def by_transformers(request):
    try:
        texts, spans = chat_template_utils.render_jinja_template(
            conversations=[request["messages"]], chat_template=request["template"],
            return_assistant_tokens_mask=True,
            add_generation_prompt=request["generation_prompt"], **SPECIALS)
    except ERRORS as e:
        return {"error": f"{type(e).__name__}: {e}"}
    return {"text": texts[0], "generated": [texts[0][begin:end] for begin, end in spans[0]]}


def by_rlhf(classpath, given):
    lines = "".join(json.dumps(request) + "\n" for request in given)
    done = subprocess.run(
        ["java", "-cp", classpath, "org.rlhf4j.model.chat.RenderTemplates"],
        input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(ours, theirs):
    if "text" not in ours:
        return "both refuse" if "error" in theirs else "refused"
    if "error" in theirs:
        return "only transformers refuses"
    equal = ours["text"] == theirs["text"] and ours.get("generated", []) == theirs["generated"]
    return "equal" if equal else "differs"


def turns_verdict(said, marked):
    """Sampling may begin after a mark does: the header of a turn isn't sampled."""
    if said is None:
        return "not told"
    joined = ["".join(part).strip() for part in (said, marked)]
    if joined[0] == joined[1]:
        return "equal"
    later = len(said) == len(marked) and all(
        mark.strip().endswith(one.strip()) for one, mark in zip(said, marked, strict=True))
    return "begins later" if later else "different"


def compare_turns(answers):
    """What rlhf4j finds in NAME's dialogues against what NAME_training marks in the same text."""
    counts = Counter()
    for (name, dialogue), (ours, _) in answers.items():
        _, training = answers.get((name + "_training", dialogue), ({}, {}))
        marked = training.get("generated")
        if not marked or training["text"] != ours.get("text"):
            continue
        kind = turns_verdict(ours.get("said"), marked)
        counts[kind] += 1
        if kind == "different":
            print(f"{name}, {dialogue}: turns {ours['said']}, marked {marked}")
    print(f"assistant turns against the marks of NAME_training: {dict(counts)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("classpath")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    given = list(requests(arguments.folder))
    kinds, answers = {}, {}
    ours_of_all = by_rlhf(arguments.classpath, [request for _, _, request in given])
    for (name, dialogue, request), ours in zip(given, ours_of_all, strict=True):
        theirs = by_transformers(request)
        kind = verdict(ours, theirs)
        kinds.setdefault(name, []).append(kind)
        if not request["generation_prompt"]:
            answers[name, dialogue] = ours, theirs
        if kind not in ("equal", "both refuse"):
            print(f"{name}, {dialogue}: {kind}: {ours.get('error', '')}{theirs.get('error', '')}")
    compare_turns(answers)
    total = Counter(kind for found in kinds.values() for kind in found)
    agree = sum(set(found) <= {"equal", "both refuse"} for found in kinds.values())
    print(f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}: {agree} of "
          f"{len(kinds)} templates agree; renderings: {dict(total)}")


if __name__ == "__main__":
    main()
