# Arrays of the device DEVICE, and their way to the host and back.

  def zeros(self: __torch__.Placement, shape: Tensor, format: Tensor) -> Tensor:
    return torch.zeros([int(shape[i]) for i in range(torch.size(shape, 0))], dtype=int(format), device=torch.device("DEVICE"))

  def upload(self: __torch__.Placement, x: Tensor) -> Tensor:
    return torch.to(torch.detach(x), torch.device("DEVICE"))

  def download(self: __torch__.Placement, x: Tensor) -> Tensor:
    return torch.to(torch.detach(x), torch.device("cpu"))

  # Overwrites each second tensor by the one before it, wherever either is.
  def copy(self: __torch__.Placement, p: List[Tensor]) -> Tensor:
    for i in range(torch.floordiv(torch.len(p), 2)):
      target = p[2 * i + 1]
      _0 = torch.copy_(target, torch.to(p[2 * i], ops.prim.device(target)))
    return p[0]
