# SmolLM3: Llama that leaves queries and keys as they are in some layers.

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    if self.turned_layers[layer] == 1:
      out = (self).rotated(qk, cos, sin)
    else:
      out = qk
    return out
