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
