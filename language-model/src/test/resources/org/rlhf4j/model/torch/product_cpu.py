# Products of a device that is the host itself, for tests: by libtorch's own choice.

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

  # Whether attention of bf16 queries of which each key head has one takes less time in fp32.
  def widens_single_queries(self: __torch__.Transformer) -> bool:
    return False
