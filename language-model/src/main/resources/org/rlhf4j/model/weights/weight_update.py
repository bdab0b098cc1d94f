# What optimizers compute, over all weights of a network at once. TorchScript in the form that PyTorch saves.
# g: gradients; p: weights; m, v: running means of g and of its square. One list entry a weight tensor.

  # sqrt of the sum of squares of all entries of all gradients.
  def norm(self: __torch__.WeightUpdate, g: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(torch.stack([torch.linalg_vector_norm(x) for x in g]))

  # Multiplies all gradients by min(1, limit / (norm + 1e-6)), in place. Returns the norm before.
  def clip(self: __torch__.WeightUpdate, g: List[Tensor], limit: Tensor) -> Tensor:
    norm = (self).norm(g)
    factor = limit / (norm + 1e-6)
    if bool(factor < 1):
      for x in g:
        _0 = torch.mul_(x, factor)
    return norm

  # For each tensor 1 where all of its entries are finite, else 0.
  def finite(self: __torch__.WeightUpdate, p: List[Tensor]) -> Tensor:
    return torch.stack([torch.all(torch.isfinite(x)) for x in p]).to(4)

  # AdamW (Loshchilov and Hutter 2019, as in PyTorch), in place. count: the number of this update,
  # from 1, fp32; settings, fp64: rate, beta1, beta2, epsilon, weight_decay. For every entry:
  #   p = p - rate * weight_decay * p
  #   m = beta1 * m + (1 - beta1) * g        v = beta2 * v + (1 - beta2) * g * g
  #   p = p - rate * (m / (1 - beta1^count)) / (sqrt(v / (1 - beta2^count)) + epsilon)
  def adamw(self: __torch__.WeightUpdate, g: List[Tensor], p: List[Tensor], m: List[Tensor], v: List[Tensor], count: Tensor, settings: Tensor) -> Tensor:
    there = torch.to(count, ops.prim.device(p[0]))
    counts = [there for _ in range(len(p))]
    torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), counts, lr=float(settings[0]), beta1=float(settings[1]), beta2=float(settings[2]), eps=float(settings[3]), weight_decay=float(settings[4]), amsgrad=False, maximize=False)
    return count
