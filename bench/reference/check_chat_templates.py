"""Compares rlhf4j's rendering of real chat templates with transformers', template by template.

Usage: check_chat_templates.py CLASSPATH FOLDER [--verbose]

CLASSPATH holds language-model's classes and test classes and their libraries. FOLDER holds *.jinja
files, from a model hub say; they stay there. Every template renders the dialogues below with and
without a generation prompt. It agrees where all texts and all spans of {% generation %} are equal,
and where both sides refuse the same dialogues; where only rlhf4j refuses, its message is shown.
"""

import argparse
import json
import subprocess
from collections import Counter
from pathlib import Path

import jinja2
import transformers
from transformers.utils import chat_template_utils

SPECIALS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


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


def cases(source):
    for name, messages in DIALOGUES.items():
        for generation_prompt in (False, True):
            variables = {"messages": messages, "tools": None, "documents": None,
                         "add_generation_prompt": generation_prompt, **SPECIALS}
            yield name + (" + prompt" if generation_prompt else ""), variables


def by_transformers(source, variables):
    given = dict(variables)
    given["conversations"] = [given.pop("messages")]
    try:
        text, spans = chat_template_utils.render_jinja_template(
            chat_template=source, return_assistant_tokens_mask=True, **given)
    except (jinja2.exceptions.TemplateError, TypeError, KeyError, ValueError, AttributeError) as e:
        return {"error": f"{type(e).__name__}: {e}"}
    return {"text": text[0], "generated": [list(span) for span in spans[0]]}


def by_rlhf(classpath, requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run(
        ["java", "-cp", classpath, "org.rlhf4j.model.jinja.RenderTemplates"],
        input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_code_points(found):
    """Java counts UTF-16 units."""
    if "generated" in found:
        units = found["text"].encode("utf-16-le")
        found["generated"] = [
            [len(units[: 2 * place].decode("utf-16-le")) for place in span]
            for span in found["generated"]]
    return found


def verdict(ours, theirs):
    if "error" in ours:
        return "both refuse" if "error" in theirs else "refused"
    if "error" in theirs:
        return "only transformers refuses"
    return "equal" if ours == theirs else "differs"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("classpath")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    requests, keys = [], []
    for path in sorted(arguments.folder.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for case, variables in cases(source):
            keys.append((path.stem, case))
            requests.append({"template": source, "variables": variables})
    results = {}
    for (template, case), request, ours in zip(
            keys, requests, by_rlhf(arguments.classpath, requests), strict=True):
        theirs = by_transformers(request["template"], request["variables"])
        ours = in_code_points(ours)
        kind = verdict(ours, theirs)
        results.setdefault(template, []).append(kind)
        if kind in ("differs", "refused", "only transformers refuses"):
            print(f"{template}, {case}: {kind}: {ours.get('error', '')}{theirs.get('error', '')}")
            if arguments.verbose:
                print("  rlhf4j:      ", ours, "\n  transformers:", theirs)
    total = Counter(kind for kinds in results.values() for kind in kinds)
    agree = sum(set(kinds) <= {"equal", "both refuse"} for kinds in results.values())
    print(f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}: {agree} of "
          f"{len(results)} templates agree; renderings: {dict(total)}")


if __name__ == "__main__":
    main()
