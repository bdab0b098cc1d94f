"""Builds both programs, starts processes one at a time, and reads what they took."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent
HOME = BENCH.parent
LIBRARY = BENCH / "target" / "lib"
PEERS = BENCH / "peers"

# What the launcher sets for the rlhf command, for this folder's own Java programs.
KEPT = 268435456
JAVA_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1", "GOMP_SPINCOUNT": "1000", "OPT_OUT_TRACKING": "true",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:"
                      f"glibc.malloc.mmap_threshold={KEPT}:glibc.malloc.trim_threshold={KEPT}",
}
PEER_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "PYTHONWARNINGS": "ignore"}


class Failure(Exception):
    """A process that failed; says which and shows the end of what it wrote."""


@dataclass(frozen=True)
class Finished:
    out: str
    peak_gib: float
    seconds: float

    def json_line(self):
        return json.loads([line for line in self.out.splitlines() if line.startswith("{")][-1])


def run(command, log, environment=None):
    """Runs a process to its end. `log` (.out, .err) keeps what it wrote.

    The memory is the largest resident set that the process (or one that it waited for) ever had, as
    the kernel counted it: wait4's ru_maxrss.
    """
    command = [str(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    out, err = log.with_suffix(".out"), log.with_suffix(".err")
    start = time.perf_counter()
    with open(out, "wb") as to, open(err, "wb") as errors:
        process = subprocess.Popen(command, cwd=HOME, stdout=to, stderr=errors, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **(environment or {})})
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.terminate()
            raise
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = err.read_text(errors="replace").strip().splitlines()[-12:]
        raise Failure(f"{' '.join(command)}\nended with {process.returncode}:\n" + "\n".join(last))
    return Finished(out.read_text(), usage.ru_maxrss / 2**20, seconds)


def rlhf(*options):
    return [HOME / "rlhf", *options]


def java(main, *options):
    """A program of this folder, started as the launcher starts the command."""
    home = os.environ.get("JAVA_HOME")
    return [f"{home}/bin/java" if home else "java", "-XX:+UseSerialGC", "-Xms24m", "-XX:-UsePerfData",
            "-cp", f"{LIBRARY}/*", main, *options]


def build():
    """Builds the command and this folder's programs where a source changed."""
    run(rlhf("doctor"), BENCH / "target" / "logs" / "doctor")
    stamp = LIBRARY / "built-from"
    sources = fingerprint()
    if stamp.exists() and stamp.read_text() == sources:
        return
    print("building bench…", file=sys.stderr)
    for old in (LIBRARY, BENCH / "target" / "classes", BENCH / "target" / "maven-status"):
        shutil.rmtree(old, ignore_errors=True)
    maven = ["mvn", "-B", "-q", "-Dfast", "-pl", "bench", "-am", "package"]
    log = BENCH / "target" / "logs" / "build"
    try:
        run([*maven, "-o"], log)
    except Failure:
        run(maven, log)
    shutil.copy(next((BENCH / "target").glob("rlhf4j-bench-*.jar")), LIBRARY)
    stamp.write_text(sources)


def fingerprint():
    files = sorted([HOME / "pom.xml", *HOME.glob("*/pom.xml"), *HOME.glob("*/src/main/**/*")])
    state = hashlib.sha256()
    for file in files:
        if file.is_file():
            state.update(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}\n".encode())
    return state.hexdigest()


def machine_speed(work, threads):
    """The JSON line of MachineSpeed: what libtorch reaches on this machine now."""
    return run(java("org.rlhf4j.bench.MachineSpeed", "--threads", threads), work / "logs" / "machine",
               JAVA_ENVIRONMENT).json_line()


def machine():
    """What the figures were measured on, in one line."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines()
             if line.startswith("model name")] if info.exists() else []
    widest = "AVX-512" if info.exists() and "avx512f" in info.read_text() else "AVX2 or less"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = names[0] if names else platform.processor()
    return f"{os.cpu_count()} × {name} ({widest}), {memory:.0f} GiB, {platform.system()} {platform.release()}"


def revision():
    """The product's commit, `+` where files differ from it; empty outside a checkout."""
    def git(*options):
        done = subprocess.run(["git", "-C", HOME, *options], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "--short", "HEAD")
    return commit + ("+" if commit and git("status", "--porcelain", "--untracked-files=no") else "")


def fresh_model(work, config, tokenizer, seed=0):
    """The model folder of a config (a name among peers/models or models, or a file), made once."""
    file = next((f for f in (PEERS / "models" / f"{config}.json", BENCH / "models" / f"{config}.json",
                             Path(config)) if f.is_file()), None)
    if file is None:
        raise SystemExit(f"{config}: no such config; those of {PEERS / 'models'} go by name")
    folder = work / "models" / file.stem
    if not (folder / "model.safetensors").exists():
        run(rlhf("new", "--config", file, "--tokenizer", tokenizer, "--output", folder, "--seed", seed),
            work / "logs" / f"new-{file.stem}")
    return folder


def fresh_scalar(work, model, seed=0):
    """That model with a fresh scalar head as a sequence classifier, made once."""
    folder = model.with_name(model.name + "-scalar")
    if not (folder / "model.safetensors").exists():
        run(java("org.rlhf4j.bench.FreshScalar", "--model", model, "--output", folder, "--seed", seed),
            work / "logs" / f"scalar-{model.name}", JAVA_ENVIRONMENT)
    return folder


def metrics(folder):
    """The lines of a run's metrics.jsonl."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def fresh_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder
