"""One step of trust-region policy optimisation, with Fisher-vector products by double backward, in doubles."""

import copy
import math
from functools import partial

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import rms_norm
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from rows import divergences, token_distributions

ITERATIONS, DAMPING, TRIES = 10, 0.1, 10
LARGEST_RATIO, LEAST_GAIN, LARGEST_GAIN = 100, 0.1, 10


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def move_to(model, weights):
    offset = 0
    for p in model.parameters():
        p.data.copy_(weights[offset : offset + p.numel()].view_as(p))
        offset += p.numel()


def conjugate_gradient(product, b, iterations):
    """x with F x = b, F known by its products."""
    x, residual, direction = torch.zeros_like(b), b.clone(), b.clone()
    squared = residual @ residual
    for _ in range(iterations):
        image = product(direction)
        length = squared / (direction @ image)
        x, residual = x + length * direction, residual - length * image
        following = residual @ residual
        direction, squared = residual + following / squared * direction, following
    return x


def in_doubles(policy):
    """A copy that computes in doubles throughout.

    transformers' own norms and eager attention go through fp32 whatever the weights are. That is enough to
    make the Fisher matrix asymmetric in the seventh digit, and ten iterations of conjugate gradients make
    15 % of that: their residuals are no longer at right angles.
    """
    model = copy.deepcopy(policy).double()
    model.set_attn_implementation("sdpa")
    for module in model.modules():
        if isinstance(module, LlamaRMSNorm):
            weight, epsilon = module.weight, module.variance_epsilon
            module.forward = partial(rms_norm, normalized_shape=weight.shape, weight=weight, eps=epsilon)
    return model


@sdpa_kernel(SDPBackend.MATH)  # fused attention has no second derivative
def trust_region_step(policy, batch, settings):
    """Moves the policy; the surrogate is mean -A rho, the bound on the mean KL `step-kl-target`."""
    model = in_doubles(policy)
    parameters = list(model.parameters())
    old, advantages = torch.cat(batch["old_logprobs"]).double(), torch.cat(batch["advantages"]).double()

    def distributions():
        return torch.cat([token_distributions(model, *row, settings["temperature"]) for row in batch["rows"]])

    targets = torch.cat([torch.tensor(completion) for _, completion in batch["rows"]])

    def chosen(logp):
        return logp.gather(1, targets[:, None])[:, 0]

    def surrogate(logp):
        return (-advantages * (chosen(logp) - old).exp()).mean()

    logp = distributions()
    before, start = surrogate(logp), logp.detach()
    g = flat(torch.autograd.grad(before, parameters)).detach()
    slope = flat(torch.autograd.grad(divergences(start, distributions()).mean(), parameters, create_graph=True))

    def fisher(v):
        return flat(torch.autograd.grad(slope @ v, parameters, retain_graph=True)) + DAMPING * v

    x = conjugate_gradient(fisher, g, ITERATIONS)
    origin = flat(parameters).detach().clone()
    bound = settings["step-kl-target"]
    scale = math.sqrt(2 * bound / float(g @ x))
    for tries in range(TRIES):
        move_to(model, origin - scale * x)
        with torch.no_grad():
            logp = distributions()
            kl, gain = float(divergences(start, logp).mean()), float(before - surrogate(logp))
        ratio = float((chosen(logp) - chosen(start)).exp().max())
        gain_to_expected = gain / (scale * float(g @ x))
        if gain > 0 and kl <= bound and ratio <= LARGEST_RATIO and LEAST_GAIN <= gain_to_expected <= LARGEST_GAIN:
            move_to(policy, (origin - scale * x).float())
            return {"policy_loss": float(before), "grad_norm": float(g.norm()),
                    "step_kl": kl, "surrogate_gain": gain, "backtracks": tries}
        scale /= 2
    return {"policy_loss": float(before), "grad_norm": float(g.norm()),
            "step_kl": 0.0, "surrogate_gain": 0.0, "backtracks": TRIES}
