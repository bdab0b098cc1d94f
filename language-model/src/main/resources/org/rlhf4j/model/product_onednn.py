# Matrix products by oneDNN: on x86 it uses the widest registers of every maker's processors.

  def product(self: __torch__.Transformer, a: Tensor, b: Tensor, bias: Optional[Tensor]) -> Tensor:
    return ops.mkldnn._linear_pointwise(a, b.t(), bias, "none", annotate(List[Optional[number]], []), "")
