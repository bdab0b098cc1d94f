# What differs on libtorch's device `lazy`: it has no fused AdamW, so this is the formula, weight by weight.

  def adamw(self: __torch__.WeightUpdate, g: List[Tensor], p: List[Tensor], m: List[Tensor], v: List[Tensor], count: Tensor, settings: Tensor) -> Tensor:
    rate = float(settings[0])
    beta1 = float(settings[1])
    beta2 = float(settings[2])
    updates = float(count)
    for i in range(torch.len(p)):
      _0 = torch.mul_(p[i], 1. - rate * float(settings[4]))
      _1 = torch.add_(torch.mul_(m[i], beta1), g[i], alpha=1. - beta1)
      _2 = torch.addcmul_(torch.mul_(v[i], beta2), g[i], g[i], value=1. - beta2)
      root = torch.sqrt(v[i] / (1. - torch.pow(beta2, updates))) + float(settings[3])
      _3 = torch.addcdiv_(p[i], m[i], root, value=-rate / (1. - torch.pow(beta1, updates)))
    return count
