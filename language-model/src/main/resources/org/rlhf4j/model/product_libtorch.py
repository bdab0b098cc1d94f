# Matrix products by libtorch's own choice of library.

  def product(self: __torch__.Transformer, a: Tensor, b: Tensor, bias: Optional[Tensor]) -> Tensor:
    if torch.__is__(bias, None):
      out = torch.mm(a, b)
    else:
      out = torch.addmm(torch.type_as(unchecked_cast(Tensor, bias), a), a, b)
    return out
