#!/usr/bin/env python3
"""On a machine with a GPU: do the networks' scripts agree with the processor there, and how fast are they?

    python3 bench/gpu/check.py [cuda:0|cpu] [quick]

One line a finding, as soon as it is there, the most important first; all of them again in check.json (in $OUT, else
here). It needs Python and torch 2.7 or newer, no network, and at most seven minutes: what doesn't fit is left out and
said. Weights are random. What is measured is the product's scripts, driven from Python: Java adds its calls alone.
`cpu quick` rehearses it on any machine."""

import json
import os
import sys
import time
import traceback

import torch

import networks

DEVICE = torch.device(next((a for a in sys.argv[1:] if a != "quick"), "cuda:0"))
QUICK = "quick" in sys.argv
CUDA = DEVICE.type == "cuda"
LIMIT = 400  # seconds: seven minutes, less what a line that has begun may take
START = time.perf_counter()
NONE, NO_KEYS, FLAG = torch.empty(0), torch.empty(0, dtype=torch.int32), torch.tensor(False)
FOUND = {}


def say(name, value):
    FOUND[name] = value
    print(f"{time.perf_counter() - START:5.0f} s  {name:52} {value}", flush=True)


def left():
    return LIMIT - (time.perf_counter() - START)


def sync():
    if CUDA:
        torch.cuda.synchronize()


def seconds(work, warm=1, runs=3):
    """The shortest of some runs."""
    for _ in range(warm):
        work()
    best = float("inf")
    for _ in range(runs):
        sync()
        begin = time.perf_counter()
        work()
        sync()
        best = min(best, time.perf_counter() - begin)
    return best


def settings(temperature=1.0, top_k=0, top_p=1.0):
    return torch.tensor([temperature, top_k, top_p], dtype=torch.float64)


class Batch:
    """Trees of a prompt and completions after it, as the product packs them: host tensors."""

    def __init__(self, vocabulary, trees, prompt, completions, length):
        g = torch.Generator().manual_seed(3)
        tree = [torch.arange(prompt)] + [prompt + torch.arange(length)] * completions
        self.positions = torch.cat(tree * trees)
        self.ids = torch.randint(1, vocabulary, (len(self.positions),), generator=g)
        self.sizes = torch.tensor(([prompt] + [length] * completions) * trees)
        self.branches = torch.full((trees,), completions)
        # A completion's first token is predicted at the prompt's last place.
        rows, at = [], 0
        for _ in range(trees):
            for i in range(completions):
                first = at + prompt + i * length
                rows += [at + prompt - 1] + list(range(first, first + length - 1))
            at += prompt + completions * length
        self.rows = torch.tensor(rows)
        self.targets = torch.randint(1, vocabulary, (len(rows),), generator=g)

    @property
    def tokens(self):
        return len(self.ids)


def hidden(net, p, batch):
    return net.script.hidden(batch.ids, p, batch.positions, batch.sizes, batch.branches, NO_KEYS, FLAG)


def logprobs(net, p, batch, temperature=1.0):
    with torch.no_grad():
        h = net.script.select(hidden(net, p, batch)[0], batch.rows)
        return net.script.logprobs(h, p, batch.targets, torch.tensor(temperature, dtype=torch.float64), torch.tensor(0))


def backward(net, p, batch, gradients):
    """A forward pass, a loss's gradient by the log-probabilities, and the way back; p has gradients."""
    out = hidden(net, p, batch)
    h = net.script.select(out[0], batch.rows)
    t = torch.tensor(1.0, dtype=torch.float64)
    with torch.no_grad():
        gh, _ = net.script.logprobs_backward(h, p, batch.targets, t, gradients, NONE, p[0].grad, [NONE])
    h.backward(gh)
    net.script.backward(out[1:], p)


def trainable(weights):
    for w in weights:
        w.requires_grad_()
        w.grad = torch.zeros_like(w)
    return weights


def decode(net, p, kc, vc, lengths, uniforms, enough, how):
    rows = len(lengths)
    return net.script.decode(torch.arange(rows) % 400 + 1, p, kc, vc, lengths, uniforms, torch.tensor([0]),
                             torch.tensor(enough), how)


def generated(net, p, precision, device, how, rows=5, steps=24):
    """Prompts run, first tokens drawn, and steps after them: ids and their log-probabilities."""
    kc, vc = net.caches(rows, 64, device, precision)
    u = torch.rand(rows, steps + 1, generator=torch.Generator().manual_seed(5))
    copies = torch.tensor([2, 3])
    with torch.no_grad():
        h = net.script.prefill(torch.arange(1, 10), p, kc, vc, torch.tensor([0, 1, 2, 3, 0, 1, 2, 3, 4]),
                               torch.tensor([4, 5]), copies, torch.tensor(0))
        first, l0 = net.script.first_tokens(h, p, copies, u[:, 0].contiguous(), how)
        ids, l1 = net.script.decode(first.cpu(), p, kc, vc, torch.tensor([4, 4, 5, 5, 5]), u[:, 1:].contiguous(),
                                    torch.tensor([0]), torch.tensor(rows + 1), how)
    return torch.cat([first[:, None], ids], 1).cpu(), torch.cat([l0[:, None], l1], 1).cpu().double()


def small():
    if QUICK:
        return [networks.gpt2("gpt2", 64, 300, 2, 4, 256), networks.llama("llama", 64, 300, 2, 4, 2, 128)]
    return [networks.gpt2("gpt2", 256, 5000, 4, 4, 256), networks.llama("llama", 256, 5000, 4, 8, 2, 512)]


def agreement():
    """fp32 on the device beside fp32 on the processor, by its own scripts; bf16 beside the processor's fp32."""
    for net in small():
        batch = Batch(net.vocabulary, 3, 17, 3, 12)
        host = net.on_host()
        here = net.weights("cpu", deviation=0.05)
        expected = [x.double() for x in logprobs(host, here, batch)[:2]]
        there = net.weights(DEVICE, deviation=0.05)
        apart = max((x.cpu().double() - y).abs().max().item() for x, y in zip(logprobs(net, there, batch)[:2], expected))
        say(f"{net.name} fp32: logprobs, entropies, largest apart", f"{apart:.1e} (at most 1e-3)")
        both = ((host, here, "cpu"), (net, there, DEVICE))
        greedy = [generated(n, p, torch.float32, d, settings(0.0))[0] for n, p, d in both]
        say(f"{net.name} fp32: greedy ids equal", bool(torch.equal(*greedy)))
        drawn = [generated(n, p, torch.float32, d, settings(0.9, 50, 0.95)) for n, p, d in both]
        say(f"{net.name} fp32: drawn ids equal, logprobs apart",
            f"{(drawn[0][0] == drawn[1][0]).float().mean().item():.3f}, {(drawn[0][1] - drawn[1][1]).abs().max().item():.1e}")
        g = torch.linspace(-1, 1, len(batch.rows))
        sets = [trainable(net.weights(d, deviation=0.05)) for d in ("cpu", DEVICE)]
        for n, p in zip((host, net), sets):
            backward(n, p, batch, g)
        apart = max(((x.grad.cpu() - y.grad).norm() / y.grad.norm().clamp_min(1e-9)).item() for x, y in zip(sets[1], sets[0]))
        say(f"{net.name} fp32: gradients, largest relative distance", f"{apart:.1e}")
        rounded = net.weights(DEVICE, torch.bfloat16, 0.05)
        apart = (logprobs(net, rounded, batch)[0].cpu().double() - expected[0]).abs().mean().item()
        say(f"{net.name} bf16: logprobs, mean from fp32", f"{apart:.1e} (at most 0.03)")


def peak(work):
    """In words the most memory while work runs, what was there before included; nothing where there is no device."""
    if not CUDA:
        return ""
    torch.cuda.reset_peak_memory_stats()
    work()
    sync()
    return f", peak {torch.cuda.max_memory_allocated() / 2**30:.2f} GiB"


def decoding(net, precision, counts):
    p = net.weights(DEVICE, precision)
    for rows in counts:
        if left() < 20:
            return say(f"{net.name} decode at {rows} rows", "left out: no time")
        steps, slots = (32, 512) if not QUICK else (8, 64)
        lengths = slots // 2 + torch.arange(rows) % 16
        u = torch.rand(rows, steps)
        with torch.no_grad():
            kc, vc = net.caches(rows, slots, DEVICE, precision)
            run = lambda: decode(net, p, kc, vc, lengths, u, rows + 1, settings())[0].cpu()
            t = seconds(run, 1, 2)
            memory = peak(run)
        say(f"{net.name} {str(precision)[6:]} decode at {rows} rows",
            f"{t / steps * 1e3:.3f} ms a step, {rows * steps / t:,.0f} tokens/s{memory}")
        del kc, vc


def training(net):
    """GRPO: 16 prompts of 8 completions; forward alone (scoring), then both ways."""
    shape = (2, 8, 2, 8) if QUICK else (16, 64, 8, 64)
    batch = Batch(net.vocabulary, *shape)
    rows = Batch(net.vocabulary, shape[0] * shape[2], shape[1], 1, shape[3])
    for precision in (torch.float32, torch.bfloat16):
        p = net.weights(DEVICE, precision)
        shared = seconds(lambda: logprobs(net, p, batch))
        apart = seconds(lambda: logprobs(net, p, rows))
        say(f"{net.name} {str(precision)[6:]} scoring {shape[0]}x{shape[2]}, prompt shared",
            f"{shared * 1e3:.1f} ms, {batch.tokens / shared:,.0f} tokens/s; each with its prompt {apart / shared:.2f} x")
    p = trainable(net.weights(DEVICE))
    g = torch.linspace(-1, 1, len(batch.rows))
    t = seconds(lambda: backward(net, p, batch, g), 1, 2)
    memory = peak(lambda: backward(net, p, batch, g))
    flops = 3 * net.flops_per_token() * batch.tokens
    say(f"{net.name} fp32 GRPO update of {batch.tokens} tokens",
        f"{t * 1e3:.1f} ms, {batch.tokens / t:,.0f} tokens/s, {flops / t / 1e12:.3f} TFLOP/s{memory}")
    say(f"{net.name} fp32 PPO step, 4 epochs of policy and critic", f"{8 * t:.2f} s (eight such updates)")


def ceilings():
    n = 2**29 if CUDA else 2**22
    a = torch.randn(n, device=DEVICE)
    b = torch.empty_like(a)
    say("copy, TB/s read and written", f"{2 * n * 4 / seconds(lambda: b.copy_(a)) / 1e12:.3f}")
    del a, b
    n = 8192 if CUDA else 512
    for precision in (torch.bfloat16, torch.float32):
        a = torch.randn(n, n, device=DEVICE, dtype=precision)
        say(f"{n}^3 product in {str(precision)[6:]}, TFLOP/s", f"{2 * n**3 / seconds(lambda: a @ a) / 1e12:.2f}")
    x = torch.zeros(1, device=DEVICE)
    say("a launch from Python, us", f"{seconds(lambda: [x.add_(1) for _ in range(1000)]) * 1e3:.2f}")


def eager():
    """transformers' GPT-2 of the same sizes, eager, on the same device: what a peer takes for a step."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel
    except ImportError:
        return say("eager transformers", "isn't installed")
    config = GPT2Config() if not QUICK else GPT2Config(n_embd=64, n_layer=2, n_head=4, vocab_size=300, n_positions=256)
    model = GPT2LMHeadModel(config).to(DEVICE, torch.bfloat16).eval()
    for rows in ((1, 64) if not QUICK else (1,)):
        if left() < 30:
            return say("eager transformers", "left out: no time")
        ids = torch.randint(1, 300, (rows, 32), device=DEVICE)
        mask = torch.ones_like(ids)
        new = 64 if not QUICK else 8
        run = lambda: model.generate(ids, attention_mask=mask, do_sample=True, top_k=0, min_new_tokens=new, max_new_tokens=new, pad_token_id=0)
        with torch.no_grad():
            t = seconds(run, 1, 1)
        say(f"eager transformers gpt2 bf16 at {rows} rows", f"{t / new * 1e3:.3f} ms a step, {rows * new / t:,.0f} tokens/s")


def launched(net, precision):
    if not CUDA:
        return
    from torch.profiler import ProfilerActivity, profile

    rows, steps = 64, 8
    p = net.weights(DEVICE, precision)
    with torch.no_grad(), profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as prof:
        kc, vc = net.caches(rows, 512, DEVICE, precision)
        decode(net, p, kc, vc, 200 + torch.arange(rows) % 50, torch.rand(rows, steps), rows + 1, settings())
        sync()
    events = list(prof.key_averages())
    kernels = sum(e.count for e in events if "LaunchKernel" in e.key)
    busy = sum(getattr(e, "self_device_time_total", 0) for e in events) / 1e3
    say(f"{net.name} {str(precision)[6:]} launches and busy ms a step, 64 rows", f"{kernels / steps:.0f}, {busy / steps:.3f}")


def models():
    if QUICK:
        return small()
    return [networks.gpt2(), networks.llama()]


def sections():
    yield agreement
    first = None
    for net in models():
        first = first or net
        counts = (256, 1, 64, 1024, 16) if not QUICK else (1, 8)
        yield lambda: decoding(net, torch.bfloat16, counts)
        yield lambda: training(net)
        if net is first:
            yield eager
            yield ceilings
    yield lambda: decoding(first, torch.float32, (1, 256) if not QUICK else (1,))
    yield lambda: launched(first, torch.bfloat16)


def main():
    torch._C._set_graph_executor_optimize(False)  # as the product runs scripts: as they are written
    torch.backends.cuda.matmul.allow_tf32 = False
    if not CUDA:
        torch.set_num_threads(1)
    say("torch, device", f"{torch.__version__}, {torch.cuda.get_device_name(DEVICE) if CUDA else 'cpu'}")
    failed = False
    for section in sections():
        if left() < 30:
            say("left out for lack of time", "what would come next")
            break
        try:
            section()
        except Exception as e:  # a finding too, and the others are still wanted
            failed = True
            say("FAILED", str(e).strip().splitlines()[-1][:200])
            traceback.print_exc(limit=3)
    with open(os.path.join(os.environ.get("OUT") or ".", "check.json"), "w") as out:
        json.dump(FOUND, out, indent=1)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
