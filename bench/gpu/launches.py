#!/usr/bin/env python3
"""Counts what a decoding step and a layer of a training pass ask a device for, on any machine: operations that are a
launch there, and reads that wait for the device. Each figure is a difference of two runs, of one step or layer more.

    python3 bench/gpu/launches.py
"""

import collections

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import check
import networks

VIEWS = {"view", "_unsafe_view", "reshape", "t", "transpose", "slice", "select", "unsqueeze", "squeeze", "expand",
         "detach", "alias", "split_with_sizes", "as_strided", "permute", "_reshape_alias", "unbind", "empty",
         "empty_like", "new_empty", "is_same_size", "set_", "resize_", "_local_scalar_dense", "is_nonzero"}


class Counting(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.launches, self.reads = collections.Counter(), 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name == "_local_scalar_dense":
            self.reads += 1
        elif name not in VIEWS:
            self.launches[name] += 1
        return func(*args, **(kwargs or {}))


def counted(work):
    with torch.autograd.set_multithreading_enabled(False), Counting() as counting:
        work()
    return counting


def step(make, steps, layers):
    net = make(layers)
    p = net.weights("cpu")
    kc, vc = net.caches(4, 64, "cpu", torch.float32)
    with torch.no_grad():
        return counted(lambda: check.decode(net, p, kc, vc, torch.tensor([4, 4, 5, 5]), torch.rand(4, steps), 5, check.settings()))


def passes(make, layers, trees, completions, training):
    net = make(layers)
    batch = check.Batch(net.vocabulary, trees, 4, completions, 3)
    if not training:
        p = net.weights("cpu")
        return counted(lambda: check.logprobs(net, p, batch))
    p = check.trainable(net.weights("cpu"))
    return counted(lambda: check.backward(net, p, batch, torch.ones(len(batch.rows))))


def total(counting):
    return sum(counting.launches.values())


def figures():
    """Name to number, for each family."""
    families = {"gpt2": lambda layers: networks.gpt2("gpt2", 64, 300, layers, 4, 64),
                "llama": lambda layers: networks.llama("llama", 64, 300, layers, 4, 2, 128)}
    found = {}
    for name, make in families.items():
        base, more, deeper = step(make, 8, 2), step(make, 16, 2), step(make, 8, 3)
        a_step = (total(more) - total(base)) / 8
        a_layer = (total(deeper) - total(base)) / 8
        found[f"{name}: launches of a decoding step, a layer"] = a_layer
        found[f"{name}: launches of a decoding step outside of layers"] = a_step - 2 * a_layer
        found[f"{name}: reads of a decoding step"] = (more.reads - base.reads) / 8
        for trees, completions in ((1, 1), (16, 8)):
            for training in (False, True):
                both = "forward and backward" if training else "forward"
                what = f"{name}: launches of a layer, {trees} x {completions}, {both}"
                found[what] = total(passes(make, 3, trees, completions, training)) - total(passes(make, 2, trees, completions, training))
    return found


if __name__ == "__main__":
    torch._C._set_graph_executor_optimize(False)
    torch.set_num_threads(1)
    for name, value in figures().items():
        print(f"{name:64} {value:g}")
