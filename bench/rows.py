"""The rows of the comparison: the same work as a command of ours and as a peer's script."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field, replace
from pathlib import Path

from arithmetic import Shape, Tree
from processes import (JAVA_ENVIRONMENT, PEER_ENVIRONMENT, PEERS, fresh_folder, fresh_model,
                       fresh_scalar, java, metrics, rlhf, run)


@dataclass(frozen=True)
class Session:
    """What all rows of one call share."""

    work: Path
    tokenizer: Path
    data: Path
    peer_python: Path
    ppo_peer_python: Path
    threads: int
    steps: int
    warmup: int
    more: tuple[str, ...] = ()  # options of ours alone


@dataclass(frozen=True)
class Measured:
    """One side's figures of one round."""

    by: str
    seconds: list[float]  # of each step, the warm-up first
    seconds_per_step: float  # the median after it
    peak_gib: float
    losses: dict[str, list[float]]
    facts: dict[str, float] = field(default_factory=dict)
    parts: dict[str, list[float]] = field(default_factory=dict)  # seconds of a step's parts


@dataclass(frozen=True)
class Operations:
    """Arithmetic of the steps after the warm-up: all of it, and the part that is training."""

    step: float
    training: float | None = None


@dataclass(frozen=True)
class Row:
    """A row of the table; a subclass says what the work is."""

    model: str
    speed: float  # at least this ratio is to be reached
    memory: float  # and at most this one
    precision: str = "fp32"  # of both sides

    kind = ""
    script = ""
    shown = {"loss": "losses"}  # a metric of ours and the peer's list

    def prepare(self, session):
        """Makes what both sides read: the models and the rows."""
        self.start_model(session)
        kind, length, count = self.of_rows(session)
        file = self.rows_file(session)
        if not file.exists():
            written = run([session.peer_python, PEERS / "write_rows.py", kind, length, count,
                           "--tokenizer", session.tokenizer, "--data", session.data],
                          session.work / "logs" / "rows", PEER_ENVIRONMENT)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(written.out)

    def rows_file(self, session):
        kind, length, count = self.of_rows(session)
        return session.work / "rows" / f"{kind}-{length}-{count}.jsonl"

    def start_model(self, session):
        return fresh_model(session.work, self.model, session.tokenizer)

    def of_rows(self, session):
        """What write_rows.py is to write: kind, length, count."""
        raise NotImplementedError

    def options(self, session):
        """Options of our command that this work sets."""
        raise NotImplementedError

    def peer_options(self):
        """Options of the peer's script that this work sets."""
        raise NotImplementedError

    def peer_models(self, session):
        """Options of the peer's script that name what it starts from."""
        return ["--model", self.start_model(session)]

    def operations(self, session, shape):
        """What a step needs at least, on average over those after the warm-up."""
        raise NotImplementedError

    def describe(self):
        raise NotImplementedError

    def ours(self, session, name):
        run_folder = fresh_folder(session.work / "runs" / name)
        finished = run(
            rlhf(self.kind, "--model", self.start_model(session), "--output", run_folder,
                 "--steps", session.steps, "--shuffle", "false", "--schedule", "linear",
                 "--threads", session.threads, "--precision", self.precision, *self.options(session), *session.more),
            session.work / "logs" / f"{name}-ours", JAVA_ENVIRONMENT)
        lines = metrics(run_folder)
        counted = lines[session.warmup:]
        seconds = [line["step_seconds"] for line in lines]
        facts = {key: statistics.mean(line[key] for line in counted)
                 for key in ("completion_length", "ended", "accuracy") if key in lines[0]}
        parts = {key: [line[key] for line in counted]
                 for key in ("rollout_seconds", "training_seconds") if key in lines[0]}
        return Measured("rlhf4j", seconds, statistics.median(seconds[session.warmup:]),
                        finished.peak_gib, {key: [line[key] for line in lines] for key in self.shown},
                        facts, parts)

    def peer(self, session, name):
        python = session.ppo_peer_python if self.kind == "ppo" else session.peer_python
        finished = run(
            [python, PEERS / self.script, *self.peer_models(session), "--tokenizer", session.tokenizer, "--data",
             self.rows_file(session), "--steps", session.steps, "--warmup", session.warmup, "--threads",
             session.threads, "--precision", self.precision, *self.peer_options()],
            session.work / "logs" / f"{name}-peer", PEER_ENVIRONMENT)
        line = finished.json_line()
        return Measured(f"{line['peer']}, transformers {line['transformers']}", line["all_seconds"],
                        line["seconds_per_step"], finished.peak_gib,
                        {ours: line[theirs] for ours, theirs in self.shown.items() if theirs in line})


@dataclass(frozen=True)
class Sft(Row):
    """Texts of one length, every token trained on; with a lora_rank an adapter on every matrix instead of all weights."""

    batch_size: int = 4
    length: int = 256
    lora_rank: int = 0

    kind = "sft"
    script = "sft.py"

    def of_rows(self, session):
        return "texts", self.length - 1, self.batch_size * session.steps  # EOS follows

    def options(self, session):
        return ["--data", self.rows_file(session), "--eval-fraction", 0, "--batch-size", self.batch_size,
                "--max-length", self.length, "--learning-rate", "2e-5", *self.adapter()]

    def adapter(self):
        return ["--lora-rank", self.lora_rank, "--lora-targets", "all-linear"] if self.lora_rank else []

    def peer_options(self):
        return ["--batch-size", self.batch_size, "--length", self.length, "--learning-rate", "2e-5",
                "--lora-rank", self.lora_rank]

    def operations(self, session, shape):
        trees = [Tree(0, (self.length,), self.batch_size)]
        predicted = self.batch_size * (self.length - 1)
        if self.lora_rank:  # frozen matrices have no gradient; the adapters' own products are left out
            return Operations(2 * (shape.body(trees) + shape.head(predicted)))
        return Operations(shape.training(trees, predicted))

    def describe(self):
        adapter = f", LoRA of rank {self.lora_rank}" if self.lora_rank else ""
        return f"SFT, {self.batch_size} × {self.length} tokens{adapter}"


@dataclass(frozen=True)
class Reward(Row):
    """HH pairs as they come; ours packs a pair with its prompt once, the peer pads."""

    batch_size: int = 4
    length: int = 256

    kind = "reward"
    script = "reward.py"

    def start_model(self, session):
        return fresh_scalar(session.work, super().start_model(session))

    def of_rows(self, session):
        return "pairs", self.length, self.batch_size * session.steps

    def options(self, session):
        return ["--data", self.rows_file(session), "--eval-fraction", 0, "--batch-size", self.batch_size,
                "--max-length", self.length, "--learning-rate", "1e-5"]

    def peer_options(self):
        return ["--batch-size", self.batch_size, "--max-length", self.length, "--learning-rate", "1e-5"]

    def trees(self, session):
        """The pairs of the steps after the warm-up."""
        lengths = run([session.peer_python, Path(__file__).with_name("pair_lengths.py"),
                       self.rows_file(session), "--tokenizer", session.tokenizer],
                      session.work / "logs" / "lengths", PEER_ENVIRONMENT)
        pairs = json.loads(lengths.out)[session.warmup * self.batch_size:]
        return [Tree(prompt, tuple(completions)) for prompt, completions in pairs]

    def operations(self, session, shape):
        return Operations(shape.training(self.trees(session)) / (session.steps - session.warmup))

    def describe(self):
        return f"reward model, {self.batch_size} HH pairs of up to {self.length} tokens"


@dataclass(frozen=True)
class Dpo(Reward):
    """The same pairs with a language model; both sides know the reference's log-probabilities beforehand."""

    kind = "dpo"
    script = "dpo.py"

    def start_model(self, session):
        return fresh_model(session.work, self.model, session.tokenizer)

    def options(self, session):
        return ["--data", self.rows_file(session), "--eval-fraction", 0, "--batch-size", self.batch_size,
                "--max-length", self.length, "--learning-rate", "1e-6", "--beta", "0.1"]

    def peer_options(self):
        return ["--batch-size", self.batch_size, "--max-length", self.length, "--learning-rate", "1e-6"]

    def operations(self, session, shape):
        trees = self.trees(session)
        predicted = sum(sum(tree.completions) for tree in trees)
        return Operations(shape.training(trees, predicted) / (session.steps - session.warmup))

    def describe(self):
        return f"DPO, {self.batch_size} HH pairs of up to {self.length} tokens"


@dataclass(frozen=True)
class Generate(Row):
    """Sampling at temperature 1 from the whole distribution."""

    batch_size: int = 32
    prompt_length: int = 64
    max_new_tokens: int = 64

    kind = "generate"
    script = "generate.py"
    shown = {}

    def of_rows(self, session):
        return "prompts", self.prompt_length, self.batch_size

    def peer_options(self):
        return ["--batch-size", self.batch_size, "--prompt-length", self.prompt_length,
                "--max-new-tokens", self.max_new_tokens]

    def ours(self, session, name):
        finished = run(
            java("org.rlhf4j.bench.GenerateBench", "--model", self.start_model(session), "--data",
                 self.rows_file(session), "--prompts", self.batch_size, "--max-new-tokens",
                 self.max_new_tokens, "--steps", session.steps - session.warmup, "--warmup",
                 session.warmup, "--threads", session.threads, "--precision", self.precision, *session.more),
            session.work / "logs" / f"{name}-ours", JAVA_ENVIRONMENT)
        line = finished.json_line()
        return Measured(
            "rlhf4j", line["all_seconds"], line["seconds_per_step"], finished.peak_gib, {},
            {key: line[key] for key in ("completion_length", "ended", "decode_step_seconds")})

    def operations(self, session, shape):
        tree = Tree(self.prompt_length, (self.max_new_tokens - 1,), self.batch_size)
        return Operations(shape.body([tree]) + shape.head(self.batch_size * self.max_new_tokens))

    def describe(self):
        return f"generate, {self.batch_size} × ({self.prompt_length} + {self.max_new_tokens}) tokens"


@dataclass(frozen=True)
class Grpo(Row):
    """A step with a reference and one update. Ours has to have a reward model: a tiny one."""

    prompts_per_step: int = 1
    group_size: int = 8
    prompt_length: int = 64
    max_new_tokens: int = 64

    kind = "grpo"
    script = "grpo.py"
    shown = {"loss": "losses", "kl_loss": "kl"}

    def prepare(self, session):
        super().prepare(session)
        self.judge(session)

    def judge(self, session):
        return fresh_scalar(session.work, fresh_model(session.work, "judge", session.tokenizer))

    def of_rows(self, session):
        return "prompts", self.prompt_length, self.prompts_per_step * session.steps

    def options(self, session):
        return ["--data", self.rows_file(session), "--reward-model", self.judge(session),
                "--prompts-per-step", self.prompts_per_step, "--group-size", self.group_size,
                "--max-length", self.prompt_length + self.max_new_tokens, "--max-new-tokens",
                self.max_new_tokens, "--kl-coefficient", "0.04", "--learning-rate", "1e-6"]

    def peer_options(self):
        return ["--prompts-per-step", self.prompts_per_step, "--group-size", self.group_size,
                "--prompt-length", self.prompt_length, "--max-new-tokens", self.max_new_tokens]

    def operations(self, session, shape):
        prompt, new, group, times = (self.prompt_length, self.max_new_tokens, self.group_size,
                                     self.prompts_per_step)
        head = shape.head(times * group * new)
        tree = [Tree(prompt, (new,) * group, times)]
        sampling = shape.body([Tree(prompt, (new - 1,) * group, times)]) + head
        training = shape.training(tree, times * group * new)
        return Operations(sampling + shape.body(tree) + head + training, training)

    def describe(self):
        return (f"GRPO step, {self.prompts_per_step} × {self.group_size} completions, "
                f"{self.prompt_length} + {self.max_new_tokens} tokens")


@dataclass(frozen=True)
class Ppo(Row):
    """A step of four networks of one shape: policy, reference, reward model, critic."""

    episodes: int = 8
    ppo_epochs: int = 4
    prompt_length: int = 64
    max_new_tokens: int = 64

    kind = "ppo"
    script = "ppo.py"
    shown = {"policy_loss": "policy_losses", "value_loss": "value_losses", "kl": "kl"}

    def prepare(self, session):
        super().prepare(session)
        self.scalar(session)

    def scalar(self, session):
        return fresh_scalar(session.work, self.start_model(session))

    def of_rows(self, session):
        return "prompts", self.prompt_length, self.episodes * session.steps

    def options(self, session):
        return ["--data", self.rows_file(session), "--reward-model", self.scalar(session),
                "--prompts-per-step", self.episodes, "--ppo-epochs", self.ppo_epochs, "--minibatches", 1,
                "--max-length", self.prompt_length + self.max_new_tokens, "--max-new-tokens",
                self.max_new_tokens, "--kl-coefficient", "0.05", "--missing-eos-penalty", 0,
                "--learning-rate", "1e-6", "--value-learning-rate", "1e-6"]

    def peer_models(self, session):
        return [*super().peer_models(session), "--scalar-model", self.scalar(session)]

    def peer_options(self):
        return ["--episodes", self.episodes, "--ppo-epochs", self.ppo_epochs, "--minibatches", 1,
                "--prompt-length", self.prompt_length, "--max-new-tokens", self.max_new_tokens]

    def operations(self, session, shape):
        prompt, new, episodes = self.prompt_length, self.max_new_tokens, self.episodes
        predicted = episodes * new
        trees = [Tree(prompt, (new,), episodes)]
        sampling = shape.body([Tree(prompt, (new - 1,), episodes)]) + shape.head(predicted)
        scoring = shape.body(trees) + shape.head(predicted)
        scoring += shape.body([Tree(prompt, (new + 1,), episodes)])  # EOS is appended to be scored
        epoch = shape.training(trees, predicted) + shape.training(trees)
        training = shape.body(trees) + self.ppo_epochs * epoch  # the critic's values come first
        return Operations(sampling + scoring + training, training)

    def describe(self):
        return (f"PPO step, {self.episodes} episodes, {self.prompt_length} + {self.max_new_tokens} tokens, "
                f"{self.ppo_epochs} epochs")


ROWS = {
    "sft-gpt2": Sft("gpt2-124m", 2.0, 0.5),
    "sft-llama": Sft("llama-135m", 1.6, 0.55),
    "reward-gpt2": Reward("gpt2-124m", 2.5, 0.6),
    "dpo-gpt2": Dpo("gpt2-124m", 2.5, 0.6),
    "generate-gpt2": Generate("gpt2-124m", 2.3, 1.2),
    "generate-llama": Generate("llama-135m", 2.0, 1.2),
    "grpo-gpt2": Grpo("gpt2-124m", 2.3, 0.6),
    "ppo-gpt2": Ppo("gpt2-124m", 1.35, 0.65),
    "grpo-vocab": Grpo("llama-3m", 4.0, 0.3, prompts_per_step=4),
    "ppo-vocab": Ppo("llama-3m", 4.0, 0.3, episodes=32),
    "sft-gpt2-bf16": Sft("gpt2-124m", 3.2, 0.65, "bf16"),
    "sft-llama-bf16": Sft("llama-135m", 2.6, 0.65, "bf16"),
    "reward-gpt2-bf16": Reward("gpt2-124m", 3.4, 0.68, "bf16"),
    "generate-gpt2-bf16": Generate("gpt2-124m", 3.5, 1.0, "bf16"),
    "generate-llama-bf16": Generate("llama-135m", 3.5, 1.0, "bf16"),
    "grpo-gpt2-bf16": Grpo("gpt2-124m", 3.5, 0.68, "bf16"),
    "ppo-gpt2-bf16": Ppo("gpt2-124m", 2.2, 0.6, "bf16"),
}


def changed(row, assignments):
    """The row with sizes such as length=64 or model=llama-3m set."""
    values = {}
    for assignment in assignments:
        name, _, value = assignment.partition("=")
        if not hasattr(row, name) or name in ("kind", "script", "shown"):
            raise SystemExit(f"--set {assignment}: {type(row).__name__} has no such size")
        values[name] = type(getattr(row, name))(value)
    return replace(row, **values)


def shape_of(row, session):
    return Shape.of(fresh_model(session.work, row.model, session.tokenizer))
