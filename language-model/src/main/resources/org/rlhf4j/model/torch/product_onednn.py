# Matrix products by oneDNN: on x86 it uses the widest registers of every maker's processors. In bf16 it is libtorch
# that calls it, where the processor has what it takes.

  def product(self: __torch__.Transformer, a: Tensor, b: Tensor, bias: Optional[Tensor]) -> Tensor:
    if a.dtype == 15:
      if torch.__is__(bias, None):
        out = torch.mm(a, b)
      else:
        out = torch.addmm(torch.type_as(unchecked_cast(Tensor, bias), a), a, b)
    else:
      out = ops.mkldnn._linear_pointwise(a, b.t(), bias, "none", annotate(List[Optional[number]], []), "")
    return out

  # x w (+ bias), by the packed copy of w where there is one and rows are few, as PackedWeights has it: with more it is no faster.
  def weighted(self: __torch__.Transformer, x: Tensor, w: Tensor, bias: Optional[Tensor]) -> Tensor:
    few = 128 if x.dtype == 15 else 16
    if torch.size(x, 0) <= few and torch.__contains__(self.packed_weights, w):
      b = annotate(Optional[Tensor], None)
      if torch.__isnot__(bias, None):
        b = torch.type_as(unchecked_cast(Tensor, bias), x)
      out = ops.mkldnn._linear_pointwise(x, self.packed_weights[w], b, "none", annotate(List[Optional[number]], []), "")
    else:
      out = (self).product(x, w.detach(), bias)
    return out

  # Keeps copies of the matrices at these indices of p in the order in which oneDNN reads them for that many rows, by identity.
  # They go stale where weights change. None in bf16 where oneDNN can't multiply it.
  def pack_weights(self: __torch__.Transformer, indices: Tensor, p: List[Tensor], rows: Tensor) -> Tensor:
    for i in range(torch.size(indices, 0)):
      w = p[int(indices[i])]
      if w.dtype == 6 or ops.mkldnn._is_mkldnn_bf16_supported():
        torch._set_item(self.packed_weights, w, ops.mkldnn._reorder_linear_weight(w.detach().t(), int(rows)))
    return indices

  # Drops the copies.
  def unpack_weights(self: __torch__.Transformer, given: Tensor) -> Tensor:
    torch.clear(self.packed_weights)
    return given

  # Whether attention of bf16 queries of which each key head has one takes less time in fp32: libtorch has no fast kernel for it on these processors.
  def widens_single_queries(self: __torch__.Transformer) -> bool:
    return True
