#!/usr/bin/env python3
"""Shows whether a change left the results as they were, bit for bit.

    bench/same_results.py record CHECKOUT FOLDER --data DIR --model DIR
    bench/same_results.py compare FOLDER_A FOLDER_B

`record` runs the rlhf command of a checkout over the list of same_commands.py and keeps in FOLDER what each
command made: text without paths, dates and times, of weights their SHA-256. Do it before a change and after it,
on the same machine. `compare` prints a line for each difference and ends with 1 if there is any; settings files
and help texts come last, each different change of them once, as a diff.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from processes import Failure
from same_commands import Case, commands, write_inputs, write_more_inputs

TEXT = (".yaml", ".json", ".jsonl", ".txt", ".html", ".jinja", ".csv")
CLOCKED = re.compile(r'("(?:\w+_(?:seconds|per_second|gib)|seconds_left)"\s*:\s*)(?:\[[^\]]*\]|[^,}\]\s]+)')
TIMES = (
    (re.compile(r"[\d.,]+ (?:s/step|steps/s), [\d:]+ left"), "TIME left"),
    (re.compile(r"about [\d:]+ by a short trial"), "about TIME by a short trial"),
    (re.compile(r"in [\d.,]+ s: [\d.,]+ completions/s, [\d.,]+ tokens/s"), "in TIME"),
    (re.compile(r"\b((?:sampling|scoring|forward|backward|optimizer|other|all) +)[\d.]+ +[\d.]+ %(?: +[\d.]+)?"),
     r"\1TIME"),
    (re.compile(r'"time":"[^"]*"'), '"time":"TIME"'),
)
MANY_STEPS = re.compile(r": step \d+/\d\d+")  # such lines come at least every half minute, as the clock will have it
DATA = '<script type="application/json" id="data">'  # in a report's page
SHOWN_AS_DIFF = ("config", "help")
KINDS = ("command", "exit", "weights", "metrics", "evaluation", "rollouts", "samples", "files", "text",
         "tensorboard", "stdout", "stderr", "report", "page", *SHOWN_AS_DIFF)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    record_ = verbs.add_parser("record", help="run the commands and keep what they made")
    record_.add_argument("checkout", type=Path, help="folder with the rlhf launcher")
    record_.add_argument("folder", type=Path, help="new folder for the recording")
    record_.add_argument("--data", type=Path, required=True,
                         help="folder with hh-harmless-train.jsonl.gz, hh-harmless-heldout.jsonl.gz and "
                              "gsm8k-train.jsonl.gz")
    record_.add_argument("--model", type=Path, required=True,
                         help="small chat model: a folder with a chat template")
    record_.add_argument("--keep", action="store_true", help="keep the runs themselves in FOLDER/work")
    compare_ = verbs.add_parser("compare", help="compare two recordings")
    compare_.add_argument("before", type=Path)
    compare_.add_argument("after", type=Path)
    compare_.add_argument("--kinds", type=lambda text: text.split(","), default=KINDS,
                          help="only these, of " + ",".join(KINDS))
    for one in (record_, compare_):
        one.add_argument("--only", action="append", metavar="START",
                         help="only commands whose names begin so; record runs what they need too")
    return parser.parse_args()


# Recording


class Recording:
    """Where a recording is made, and what stands for its places in the texts."""

    def __init__(self, checkout, folder):
        self.launcher = checkout / "rlhf"
        self.folder = folder
        self.work = folder / "work"
        self.places = ((str(self.work), "WORK"), (str(checkout), "CHECKOUT"))

    def plain(self, text):
        """A text without paths, times and what is said by the clock."""
        for place, name in self.places:
            text = text.replace(place, name)
        for pattern, name in TIMES:
            text = pattern.sub(name, text)
        text = CLOCKED.sub(r"\g<1>0", text)
        return "".join(line for line in text.splitlines(keepends=True) if not MANY_STEPS.search(line))

    def run(self, words, typed=""):
        return subprocess.run([str(self.launcher), *words], cwd=self.work, input=typed, text=True,
                              encoding="utf-8", errors="replace", capture_output=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "HF_HUB_OFFLINE": "1"})

    def record(self, case):
        """Runs a case and keeps what it printed, its exit code and its folder."""
        case.before(self.work)
        done = self.run(case.words, case.typed)
        kept = self.folder / case.name
        kept.mkdir()
        (kept / "command").write_text(" ".join(case.words) + "\n")
        (kept / "exit").write_text(f"{done.returncode}\n")
        (kept / "stdout").write_text(self.plain(pages_apart(done.stdout)), encoding="utf-8")
        (kept / "stderr").write_text(self.plain(done.stderr), encoding="utf-8")
        if case.folder and (self.work / case.folder).exists():
            self.keep_folder(self.work / case.folder, kept)
        return done

    def keep_folder(self, folder, kept):
        """Lists a folder's files; keeps its texts, and of what isn't text a hash."""
        lines = []
        for file in sorted(one for one in [folder, *folder.rglob("*")] if one.is_file()):
            path = file.relative_to(folder).as_posix() if file != folder else file.name
            is_text = file.suffix in TEXT or file.name == "finished"
            lines.append(path if is_text else f"{path} {fingerprint(file)}")
            if is_text and file.name != "tokenizer.json":
                to = kept / "run" / path
                to.parent.mkdir(parents=True, exist_ok=True)
                to.write_text(self.plain(pages_apart(file.read_text(encoding="utf-8"))), encoding="utf-8")
        (kept / "files").write_text("\n".join(lines) + "\n")


def pages_apart(text):
    """Puts the data in a report's page on lines of its own, a line for each object."""
    if not text.startswith("<!DOCTYPE html>"):
        return text
    before, mark, rest = text.partition(DATA)
    data, end, after = rest.partition("</script>")
    data = data.replace("},{", "},\n{").replace('],"', '],\n"')
    return f"{before}{mark}\n{data}\n{end}{after}"


def fingerprint(file):
    """What a file that isn't text holds: SHA-256; of TensorBoard's, which have dates, the size."""
    if "tfevents" in file.name:
        return f"{file.stat().st_size} bytes"
    content = file.read_bytes()
    whole = hashlib.sha256(content).hexdigest()
    return f"{whole} tensors {tensors(content)}" if file.suffix == ".safetensors" else whole


def tensors(content):
    """SHA-256 of a safetensors file's tensors alone, in the order of their names."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8:8 + length])
    state = hashlib.sha256()
    for name in sorted(set(header) - {"__metadata__"}):
        start, end = (8 + length + offset for offset in header[name]["data_offsets"])
        state.update(f"{name} {header[name]['dtype']} {header[name]['shape']}\n".encode())
        state.update(content[start:end])
    return state.hexdigest()


def help_cases(recording):
    """--help of the command, of each of its commands and of their commands, and what it writes for editors."""
    def listed(words):
        lines = recording.run((*words, "--help")).stdout.splitlines()
        found = (re.match(r"  (?:[A-Z]\w* +| *)([a-z]+)  +[A-Z]", line) for line in lines)
        return [one[1] for one in found if one]

    names = [(name,) for name in listed(())]
    names += [(name, inner) for (name,) in names for inner in listed((name,)) if name == "plan"]
    cases = [Case("help", ("--help",)), *(Case("help-" + "-".join(name), (*name, "--help")) for name in names)]
    return [*cases, Case("help-schema-text", ("schema",)), Case("help-completion-text", ("completion",)),
            Case("help-nothing", ())]


def chosen(cases, only):
    """The cases whose names begin so, and those that they need."""
    if not only:
        return cases
    wanted = {case.name for case in cases if case.name.startswith(tuple(only))}
    for case in reversed(cases):
        if case.name in wanted:
            wanted.update(case.needs(cases))
    return [case for case in cases if case.name in wanted or case.name == "demo"]


def record(options):
    folder, checkout = (Path(os.path.abspath(one)) for one in (options.folder, options.checkout))
    if folder.exists():
        raise Failure(f"{folder} is there already; name a new one")
    recording = Recording(checkout, folder)
    write_inputs(recording.work / "inputs", options.data, options.model)
    recording.run(("--help",))  # builds, where the build is old
    cases = chosen([*help_cases(recording), *commands()], options.only)
    start = time.monotonic()
    for case in cases:
        began = time.monotonic()
        done = recording.record(case)
        last = (done.stderr.strip().splitlines() or [""])[-1] if done.returncode else ""
        print(f"{case.name}: exit {done.returncode}, {time.monotonic() - began:.1f} s  {last}", flush=True)
        if case.name == "demo":
            write_more_inputs(recording.work / "inputs", recording.work / "runs" / "demo" / "input")
    if not options.keep:
        shutil.rmtree(recording.work)
    print(f"{len(cases)} commands in {time.monotonic() - start:.0f} s: {folder}")


# Comparing


def kind_of(case, path):
    """What a file of a recording is a recording of."""
    name = Path(path).name
    if path == "stdout" and case.startswith("help"):
        return "help"
    if name.endswith(".html") or path == "stdout" and case == "report-stdout":
        return "report"
    if name == "config.yaml":
        return "config"
    stem = name.split(".")[0]
    return stem if stem in KINDS else "text"


def lines_of(file):
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def recorded(folder, only):
    """case → the files kept of it, as paths."""
    cases = [one for one in sorted(folder.iterdir()) if one.is_dir() and one.name != "work"]
    return {case.name: {file.relative_to(case).as_posix() for file in case.rglob("*") if file.is_file()}
            for case in cases if not only or case.name.startswith(tuple(only))}


def differences(before, after, only):
    """(kind, case, line) of each difference, and (kind, case, diff) of those that are shown as diffs."""
    first, second = recorded(before, only), recorded(after, only)
    for case in sorted(first.keys() | second.keys()):
        if case not in first or case not in second:
            yield "command", case, f"only in {before if case in first else after}"
            continue
        in_runs = {path for path in first[case] ^ second[case] if path.startswith("run/")}  # "files" tells of them
        for path in sorted((first[case] | second[case]) - in_runs):
            a, b = lines_of(before / case / path), lines_of(after / case / path)
            if a != b:
                yield from file_differences(kind_of(case, path), case, path, a, b)


def file_differences(kind, case, path, a, b):
    if path == "files":
        yield from folder_differences(case, a, b)
    elif kind in SHOWN_AS_DIFF:
        yield kind, case, "\n".join(line for line in difflib.unified_diff(a, b, lineterm="", n=0)
                                    if not line.startswith(("---", "+++", "@@")))
    elif kind == "report":
        yield from report_differences(case, path, a, b)
    else:
        yield kind, case, f"{path.removeprefix('run/')}: {first_difference(a, b)}"


def folder_differences(case, a, b):
    """Files that only one side has, and those whose hashes differ."""
    first, second = (dict((line.split(" ", 1) + [""])[:2] for line in lines) for lines in (a, b))
    for path in sorted(first.keys() | second.keys()):
        if path not in first or path not in second:
            yield "files", case, f"{path}: only {'before' if path in first else 'after'}"
        elif first[path] != second[path]:
            yield hash_difference(case, path, first[path], second[path])


def hash_difference(case, path, a, b):
    if "tfevents" in path:
        return "tensorboard", case, f"{path}: {a} → {b}"
    if not path.endswith(".safetensors"):
        return "files", case, f"{path}: another content"
    same = a.split(" ")[-1] == b.split(" ")[-1]
    return "weights", case, f"{path}: " + ("the same tensors, in another file" if same else "other tensors")


def report_differences(case, path, a, b):
    """A report's data and its page, each by itself."""
    for kind, one, other in zip(("report", "page"), data_and_page(a), data_and_page(b)):
        if one != other:
            yield kind, case, f"{path.removeprefix('run/')}: {first_difference(one, other)}"


def data_and_page(lines):
    start = next((number for number, line in enumerate(lines, 1) if line.endswith(DATA)), len(lines))
    end = next((number for number in range(start, len(lines)) if lines[number].startswith("</script>")), start)
    return lines[start:end], lines[:start] + lines[end:]


def first_difference(a, b):
    """How many lines differ, and the first of them; of JSON objects the first field."""
    pairs = [(number, one, other) for number, (one, other) in enumerate(zip(a, b), 1) if one != other]
    count = f"{len(pairs)} lines differ" + (f", {len(a)} → {len(b)} lines" if len(a) != len(b) else "")
    if not pairs:
        return count
    number, one, other = pairs[0]
    fields = json_fields(one, other)
    return f"{count}; line {number}: " + (fields or f"{short(one)} → {short(other)}")


def json_fields(one, other):
    try:
        first, second = json.loads(one), json.loads(other)
    except ValueError:
        return ""
    if not isinstance(first, dict) or not isinstance(second, dict):
        return ""
    names = [name for name in {**first, **second} if first.get(name, ...) != second.get(name, ...)]
    if not names:
        return "the same fields, written otherwise"
    shown = "; ".join(f"{name} {short(first.get(name, 'absent'))} → {short(second.get(name, 'absent'))}"
                      for name in names[:3])
    return shown + (f"; {len(names) - 3} more fields" if len(names) > 3 else "")


def short(value):
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "…"


def compare(options):
    found = [one for one in differences(options.before, options.after, options.only) if one[0] in options.kinds]
    found.sort(key=lambda one: KINDS.index(one[0]))
    for kind, case, line in found:
        if kind not in SHOWN_AS_DIFF:
            print(f"{kind}  {case}  {line}")
    for kind in SHOWN_AS_DIFF:
        by_diff = {}
        for of, case, diff in found:
            if of == kind:
                by_diff.setdefault(diff, []).append(case)
        for diff, cases in by_diff.items():
            print(f"{kind}  {', '.join(cases)}\n{diff}")
    if found:
        counts = Counter(kind for kind, _, _ in found)
        print("differences: " + ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind]))
        return 1
    kept = recorded(options.before, options.only)
    print(f"no difference: {len(kept)} commands, {sum(map(len, kept.values()))} texts, "
          f"{hashes(options.before, kept)} hashes")
    return 0


def hashes(folder, cases):
    return sum(" " in line for case in cases for line in lines_of(folder / case / "files"))


def main():
    options = arguments()
    if options.verb == "record":
        record(options)
        return 0
    return compare(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"same_results: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
