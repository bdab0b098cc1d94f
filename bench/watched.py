#!/usr/bin/env python3
"""What it costs a trainer to be watched: the same training with and without ten pages that watch it, in turns.

    bench/watched.py --model MODEL --data ROWS.jsonl

Prints a JSON line: the trainer's processor seconds and its median step, alone and watched, and the mean of the
differences in percent with its 95 % interval (t distribution). Processor time says more than the step where other
programs work too.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}


def watch(address, name, ended, heard):
    """Listens to a run until it has ended; goes on where it was if the connection breaks."""
    last = ""
    while not ended.is_set():
        request = urllib.request.Request(f"{address}api/runs/watch?run={name}", headers={"Last-Event-ID": last})
        try:
            with urllib.request.urlopen(request, timeout=5) as stream:
                for line in stream:
                    if line.startswith(b"id:"):
                        last = line[3:].strip().decode()
                        heard.append(1)
                    if ended.is_set():
                        return
        except OSError:
            ended.wait(0.2)


def train(options, runs, name, watchers, address):
    """The processor seconds of a training, its median step, and how many events were heard."""
    command = [options.rlhf, "sft", "--model", options.model, "--data", options.data, "--output", runs / name,
               "--steps", options.steps, "--threads", 1, "--quiet"]
    ended, heard = threading.Event(), []
    threads = [threading.Thread(target=watch, args=(address, name, ended, heard)) for _ in range(watchers)]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    for thread in threads:
        thread.start()
    _, status, usage = os.wait4(process.pid, 0)
    ended.set()
    for thread in threads:
        thread.join()
    if status:
        sys.exit(f"watched: the training ended with status {status}")
    steps = [json.loads(line)["step_seconds"] for line in open(runs / name / "metrics.jsonl", encoding="utf-8")]
    return usage.ru_utime + usage.ru_stime, statistics.median(steps), len(heard)


def difference(pairs, of):
    percent = [100 * (watched[of] - alone[of]) / alone[of] for alone, watched in pairs]
    half = T95[len(pairs)] * statistics.stdev(percent) / len(percent) ** 0.5
    mean = statistics.mean(percent)
    return {"percent": round(mean, 2), "low": round(mean - half, 2), "high": round(mean + half, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--pairs", type=int, default=6, choices=sorted(T95))
    parser.add_argument("--watchers", type=int, default=10)
    parser.add_argument("--rlhf", type=Path, default=HOME / "rlhf")
    options = parser.parse_args()
    runs = Path(tempfile.mkdtemp(prefix="watched-"))
    studio = subprocess.Popen([str(options.rlhf), "studio", "--runs", str(runs), "--data", str(runs / "store"),
                               "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = next(found[0] for line in studio.stdout if (found := re.search(r"http://\S+/", line)))
        pairs = []
        for pair in range(options.pairs):
            order = [0, options.watchers] if pair % 2 == 0 else [options.watchers, 0]
            both = {count: train(options, runs, f"{pair}-{count}", count, address) for count in order}
            pairs.append((both[0], both[options.watchers]))
            print(f"pair {pair}: {pairs[-1]}", file=sys.stderr)
        print(json.dumps({
            "steps": options.steps, "watchers": options.watchers, "load_average": os.getloadavg()[0],
            "alone": [round(alone[0], 2) for alone, _ in pairs], "watched": [round(one[0], 2) for _, one in pairs],
            "events": [one[2] for _, one in pairs],
            "processor_seconds": difference(pairs, 0), "median_step": difference(pairs, 1)}))
    finally:
        studio.terminate()
        studio.wait()
        shutil.rmtree(runs)


if __name__ == "__main__":
    main()
