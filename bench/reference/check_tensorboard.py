"""TensorBoard's own readers on the event files that rlhf writes.

    check_tensorboard.py RUN...      compares RUN/tensorboard with RUN/metrics.jsonl, value by value
    check_tensorboard.py records     prints the records that EventRecordTest holds, in hexadecimal

A run that was stopped and resumed has several event files; the steps it made twice count once.
Needs `pip install tensorboard==2.21.0`.
"""

import io
import json
import math
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


def as_float(value):
    """What a 32-bit float keeps of a number; null is a NaN."""
    return math.nan if value is None else struct.unpack("f", struct.pack("f", value))[0]


def expected(run):
    """The scalars of metrics.jsonl: name to [(step, value)]."""
    scalars = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        metrics = json.loads(line)
        step = metrics.pop("step")
        for name, value in metrics.items():
            scalars.setdefault(name, []).append((step, as_float(value)))
    return scalars


def read(run):
    accumulator = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    return {
        name: [(event.step, event.value) for event in accumulator.Scalars(name)]
        for name in accumulator.Tags()["scalars"]
    }


def same(ours, theirs):
    return len(ours) == len(theirs) and all(
        a[0] == b[0] and (a[1] == b[1] or (math.isnan(a[1]) and math.isnan(b[1])))
        for a, b in zip(ours, theirs)
    )


def check(run):
    wanted, found = expected(run), read(run)
    differing = [name for name in sorted(wanted.keys() | found.keys())
                 if not same(wanted.get(name, []), found.get(name, []))]
    files = len(list((run / "tensorboard").iterdir()))
    values = sum(map(len, wanted.values()))
    print(f"{run}: {len(wanted)} metrics, {values} values, {files} event files: "
          + (f"DIFFERENT: {', '.join(differing)}" if differing else "all equal"))
    return not differing


def records():
    version = event_pb2.Event(wall_time=1.5, file_version="brain.Event:2")
    start = event_pb2.Event(wall_time=1.5, step=300)
    start.session_log.status = event_pb2.SessionLog.START
    scalars = event_pb2.Event(wall_time=1.5, step=300)
    scalars.summary.value.add(tag="loss", simple_value=0.25)
    scalars.summary.value.add(tag="kl", simple_value=math.nan)
    for name, event in (("version", version), ("start", start), ("scalars", scalars)):
        record = io.BytesIO()
        RecordWriter(record).write(event.SerializeToString())
        print(name, record.getvalue().hex())


if __name__ == "__main__":
    if sys.argv[1:] == ["records"]:
        records()
    elif len(sys.argv) > 1:
        sys.exit(0 if all([check(Path(run)) for run in sys.argv[1:]]) else 1)
    else:
        sys.exit(__doc__)
