# What differs on libtorch's device `lazy`: products by libtorch's own choice, and what the device hasn't got.

  def product(self: __torch__.Transformer, a: Tensor, b: Tensor, bias: Optional[Tensor]) -> Tensor:
    if torch.__is__(bias, None):
      out = torch.mm(a, b)
    else:
      out = torch.addmm(torch.type_as(unchecked_cast(Tensor, bias), a), a, b)
    return out

  # x w (+ bias). No weight is ever packed: that is for processors.
  def weighted(self: __torch__.Transformer, x: Tensor, w: Tensor, bias: Optional[Tensor]) -> Tensor:
    return (self).product(x, w.detach(), bias)

  def pack_weights(self: __torch__.Transformer, indices: Tensor, p: List[Tensor], rows: Tensor) -> Tensor:
    return indices

  def unpack_weights(self: __torch__.Transformer, given: Tensor) -> Tensor:
    return given

  # It has no views in lists.
  def parts(self: __torch__.Transformer, x: Tensor, sizes: List[int], dim: int) -> List[Tensor]:
    out = annotate(List[Tensor], [])
    at = 0
    for n in sizes:
      _0 = torch.append(out, torch.slice(x, dim, at, at + n, 1))
      at = at + n
    return out

  # Its tensors can't be given other memory.
  def released(self: __torch__.Transformer, g: Tensor) -> Tensor:
    return g

  # Whether attention of bf16 queries of which each key head has one takes less time in fp32.
  def widens_single_queries(self: __torch__.Transformer) -> bool:
    return False
