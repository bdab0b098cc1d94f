# The optimizer's arithmetic, over all parameters at once. TorchScript in the form that PyTorch saves.
# g: gradients; p: parameters; m, v: running means of g and of its square. One list entry a parameter.

  # AdamW (Loshchilov and Hutter 2019, as in PyTorch), in place. count: the number of this update,
  # from 1, fp32; rate: the learning rate, fp64. For every entry:
  #   p = p - rate * weight_decay * p
  #   m = beta1 * m + (1 - beta1) * g        v = beta2 * v + (1 - beta2) * g * g
  #   p = p - rate * (m / (1 - beta1^count)) / (sqrt(v / (1 - beta2^count)) + epsilon)
  def adamw(self: __torch__.Optimizer, g: List[Tensor], p: List[Tensor], m: List[Tensor], v: List[Tensor], count: Tensor, rate: Tensor) -> Tensor:
    counts = [count for _ in range(len(p))]
    torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), counts, lr=float(rate), beta1=self.beta1, beta2=self.beta2, weight_decay=self.weight_decay, eps=self.epsilon, amsgrad=False, maximize=False)
    return count
