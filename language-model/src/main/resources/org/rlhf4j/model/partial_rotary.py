# Families that turn the first dimensions of each head, as many as there are angles for.

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    size = torch.size(cos, 2)
    first, rest = (self).parts(qk, [size, self.head_size - size], 2)
    return torch.cat([(self).rotated(first, cos, sin), rest], 2)
