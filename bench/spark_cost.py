#!/usr/bin/env python3
"""What a step costs on Spark, beside what it costs in one process, and what is made of it.

    SPARK_HOME=… RLHF_SPARK_JAR=… bench/spark_cost.py measure DEMO OUTPUT [--rounds 3] [--steps 8]
    bench/spark_cost.py simulate TASKS [--seed 0]

`measure` runs grpo on a demo's data in turns: in one process with two threads, and on a standalone cluster of
this machine with one and with two executors of one thread. The order turns round from round to round. It reads
the steps' times, and from Spark's event log what its stages and tasks took. OUTPUT/tasks.json has the
processor seconds of the tasks, which other work on the machine doesn't change.

`simulate` takes the seconds of tasks that were measured, and says what steps on up to 1,000 workers would take
by the model of `stage_seconds`, with stragglers and failures. Nothing of it was run.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


# ---- the model -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Costs:
    """Seconds and rates, as measured or assumed; bytes are of the weights that are sent."""

    launch: float  # of a stage, without its tasks
    dispatch: float  # of a task at the driver
    add: float  # bytes of a gradient that the driver reads and adds in a second
    link: float  # bytes a second
    bytes: float
    straggler_share: float = 0.0  # of tasks
    straggler_factor: float = 1.0  # how much longer they take
    failure_share: float = 0.0  # of tasks that are lost when they are done
    detection: float = 0.0  # seconds until a lost task is started again
    speculation: float = 0.0  # a task is started again after this many medians; 0: never


def makespan(durations, workers):
    """When the last task is done, if each goes to the worker that is free first, in their order."""
    free = [0.0] * min(workers, len(durations))
    heapq.heapify(free)
    for seconds in durations:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


def drawn(task, median, costs, chance):
    """What a task takes with what may happen to it."""
    seconds = task
    if chance.random() < costs.straggler_share:
        seconds *= costs.straggler_factor
        if costs.speculation:
            seconds = min(seconds, costs.speculation * median + task)
    if chance.random() < costs.failure_share:
        seconds += costs.detection + task
    return seconds


def stage_seconds(tasks, workers, costs, returns, chance):
    """A stage: the launch, the driver's work for each task, the tasks, and `returns` bytes of each that come
    back through the driver's link and are added one after another."""
    median = statistics.median(tasks)
    durations = [drawn(task, median, costs, chance) for task in tasks]
    back = len(tasks) * returns * (1 / costs.link + 1 / costs.add)
    return costs.launch + len(tasks) * costs.dispatch + makespan(durations, workers) + back


def step_seconds(sampling, passing, workers, costs, chance):
    """A step of grpo with one update: the weights go out once, a stage samples, a stage returns gradients.

    An executor hands on what it got, so the weights pass one link twice, however many there are."""
    sent = 2 * costs.bytes / costs.link
    return (sent + stage_seconds(sampling, workers, costs, 0, chance)
            + stage_seconds(passing, workers, costs, costs.bytes, chance))


def efficiency(sampling, passing, workers, costs, chance, steps=20):
    """The share of workers' time that is work, over some steps with other draws."""
    work = sum(sampling) + sum(passing)
    took = sum(step_seconds(sampling, passing, workers, costs, chance) for _ in range(steps)) / steps
    return work / workers / took


MODELS = (("GPT-2, LoRA r8 on c_attn", 1.2e6), ("GPT-2, LoRA r16 on all", 9.4e6),
          ("GPT-2, all weights", 498e6), ("1B, LoRA r16 on all", 45e6))
SITUATIONS = (
    ("nothing happens", {}),
    ("5 % stragglers, 3 times as slow", dict(straggler_share=0.05, straggler_factor=3)),
    ("the same, with speculation", dict(straggler_share=0.05, straggler_factor=3, speculation=1.5)),
    ("1 % of tasks lost, found after 10 s", dict(failure_share=0.01, detection=10)),
)


def simulate(measured, seed, scale):
    """Prints the table. Workers of two tasks a stage; tasks are drawn from those that were measured, scaled so
    that their median takes `scale` seconds."""
    costs = Costs(measured["launch"], measured["dispatch"], measured["add"], 1e9, 0)
    print("| trained | what happens | 10 | 100 | 1,000 |\n| --- | --- | ---: | ---: | ---: |")
    for name, size in MODELS:
        for situation, changes in SITUATIONS:
            cells = []
            for workers in (10, 100, 1000):
                chance = random.Random(f"{seed} {name} {situation} {workers}")
                tasks = [scaled(measured[kind], scale[i], 2 * workers, chance)
                         for i, kind in enumerate(("sampling", "passing"))]
                now = replace(costs, bytes=size, **changes)
                cells.append(f"{100 * efficiency(*tasks, workers, now, chance):.0f} %")
            print(f"| {name} | {situation} | " + " | ".join(cells) + " |")


def scaled(tasks, median, count, chance):
    factor = median / statistics.median(tasks)
    return [factor * chance.choice(tasks) for _ in range(count)]


# ---- what is measured --------------------------------------------------------------------------------------


@dataclass
class Stage:
    seconds: float
    tasks: list  # (executor, seconds, bytes that came back, processor seconds)

    def busiest(self):
        busy = {}
        for executor, seconds, *_ in self.tasks:
            busy[executor] = busy.get(executor, 0) + seconds
        return max(busy.values())


def stages_of(log):
    """The stages of an event log, in order."""
    tasks, stages = {}, []
    for line in Path(log).read_text().splitlines():
        event = json.loads(line)
        if event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            metrics = event["Task Metrics"]
            tasks.setdefault(event["Stage ID"], []).append(
                (event["Task Info"]["Executor ID"], metrics["Executor Run Time"] / 1e3, metrics["Result Size"],
                 metrics["Executor CPU Time"] / 1e9))
        if event["Event"] == "SparkListenerStageCompleted":
            info = event["Stage Info"]
            took = (info["Completion Time"] - info["Submission Time"]) / 1e3
            stages.append((info["Stage ID"], took))
    return [Stage(took, tasks[number]) for number, took in sorted(stages)]


def cpu_seconds(pids):
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / ticks  # with children that ended
    return total


class Cluster:
    """A master and two workers of one core on loopback."""

    def __init__(self, folder):
        self.log = folder / "cluster.log"
        jars = Path(os.environ["SPARK_HOME"]) / "jars" / "*"
        opens = next(line for line in (HOME / "spark/pom.xml").read_text().splitlines() if "<spark.opens>" in line)
        self.java = ["java", *opens.split(">", 1)[1].rsplit("<", 1)[0].split(), "-Xmx200m", "-XX:+UseSerialGC",
                     "-cp", str(jars)]
        self.processes = []
        self.start("master.Master", "--port", "0")
        self.master = self.await_master()
        for _ in range(2):
            self.start("worker.Worker", "--cores", "1", "--memory", "1g", "--work-dir", folder / "work", self.master)

    def start(self, kind, *options):
        command = [*self.java, f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1", "--webui-port", "0", *options]
        with open(self.log, "ab") as log:
            self.processes.append(subprocess.Popen(list(map(str, command)), stdout=log, stderr=log))

    def await_master(self):
        for _ in range(1200):
            found = [word for word in self.log.read_text(errors="replace").split() if word.startswith("spark://")]
            if found:
                return found[0]
            time.sleep(0.1)
        raise SystemExit("the master doesn't start; see " + str(self.log))

    def close(self):
        for process in self.processes:
            process.kill()


def run(name, cluster, arguments, demo, output, steps):
    """A run; returns seconds of its steps (the first two left out) and processor seconds of all its processes."""
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    events = output / (name + ".events")
    shutil.rmtree(events, ignore_errors=True)
    events.mkdir(parents=True)
    command = [os.environ.get("RLHF", HOME / "rlhf"), "grpo", "--model", demo / "sft", "--data", demo / "input/sums.csv",
               "--reward", "number-after:=", "--steps", steps, "--prompts-per-step", 32, "--group-size", 8,
               "--max-new-tokens", 32, "--lora-rank", 8, "--checkpoint-every", 1000, "--output", folder, *arguments]
    if cluster:
        conf = {"spark.executor.memory": "512m", "spark.ui.enabled": "false", "spark.eventLog.enabled": "true",
                "spark.eventLog.dir": events.as_uri(), "spark.eventLog.compress": "false",
                "spark.eventLog.rolling.enabled": "false"}
        command += ["--spark", cluster.master]
        for key, value in conf.items():
            command += ["--spark-conf", f"{key}={value}"]
    pids = [process.pid for process in cluster.processes] if cluster else []
    before = cpu_seconds(pids) + sum(os.times()[2:4])
    with open(output / (name + ".log"), "wb") as log:
        subprocess.run(list(map(str, command)), stdout=log, stderr=log, check=True)
    if cluster:
        time.sleep(5)  # until the workers have taken note of executors that ended
    cpu = cpu_seconds(pids) + sum(os.times()[2:4]) - before
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [line["step_seconds"] for line in lines[2:]], cpu


CONFIGURATIONS = (("one process, 2 threads", False, ["--threads", 2]),
                  ("1 executor, 1 thread", True, ["--threads", 1, "--spark-conf", "spark.cores.max=1"]),
                  ("2 executors, 1 thread each", True, ["--threads", 1, "--spark-conf", "spark.cores.max=2"]))


def measure(demo, output, rounds, steps):
    output.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(output)
    times, cpus, stages = {}, {}, {}
    try:
        for number in range(rounds):
            for name, spark, arguments in CONFIGURATIONS[:: 1 if number % 2 == 0 else -1]:
                folder = "".join(c if c.isalnum() else "-" for c in name)
                taken, cpu = run(folder, cluster if spark else None, arguments, demo, output, steps)
                times.setdefault(name, []).extend(taken)
                cpus.setdefault(name, []).append(cpu)
                load = os.getloadavg()[0]
                print(f"round {number + 1}: {name}: {statistics.median(taken):.2f} s a step, processors {cpu:.0f} s a"
                      f" run, load {load:.1f}", flush=True)
                if spark:
                    log = next((output / (folder + ".events")).iterdir())
                    stages.setdefault(name, []).append(stages_of(log))
    finally:
        cluster.close()
    report(times, cpus, stages, output)


def report(times, cpus, stages, output):
    print("\n| | step, least | step, median | processors, a run | stages, beside their tasks | driver, beside stages |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, taken in times.items():
        least = f"{min(taken):.2f} s | {statistics.median(taken):.2f} s | {statistics.median(cpus[name]):.0f} s"
        runs = [run[4:] for run in stages.get(name, [])]  # two steps of two stages are left out
        if runs:
            beside = [stage.seconds - stage.busiest() for run in runs for stage in run]
            whole = [a.seconds + b.seconds for run in runs for a, b in zip(run[::2], run[1::2])]
            driver = statistics.median(t - s for t, s in zip(taken, whole))
            print(f"| {name} | {least} | {statistics.median(beside):.3f} s | {driver:.3f} s |")
        else:
            print(f"| {name} | {least} | | |")
    runs = [run[4:] for run in stages["2 executors, 1 thread each"]]
    of = {kind: [cpu for run in runs for stage in run[i::2] for *_, cpu in stage.tasks]
          for i, kind in enumerate(("sampling", "passing"))}
    back = [sum(task[2] for task in stage.tasks) for run in runs for stage in run[1::2]]
    beside = min(stage.seconds - stage.busiest() for run in runs for stage in run)
    print(f"\nbytes of gradients a step: {statistics.median(back):,.0f}; least seconds of a stage beside its tasks:"
          f" {beside:.3f}; processor seconds of tasks: sampling {statistics.median(of['sampling']):.3f} s, passes"
          f" {statistics.median(of['passing']):.3f} s (medians)")
    (output / "tasks.json").write_text(json.dumps(of) + "\n")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("measure")
    one.add_argument("demo", type=Path)
    one.add_argument("output", type=Path)
    one.add_argument("--rounds", type=int, default=3)
    one.add_argument("--steps", type=int, default=8)
    two = commands.add_parser("simulate")
    two.add_argument("tasks", type=Path, help="JSON: sampling and passing (seconds of tasks), launch, dispatch, add")
    two.add_argument("--seed", type=int, default=0)
    two.add_argument("--medians", type=float, nargs=2, default=(6.0, 3.0),
                     help="seconds of a task that samples and of one that returns a gradient")
    given = parser.parse_args(arguments)
    if given.command == "measure":
        measure(given.demo.resolve(), given.output.resolve(), given.rounds, given.steps)
    else:
        simulate(json.loads(given.tasks.read_text()), given.seed, given.medians)


if __name__ == "__main__":
    main(sys.argv[1:])
