# Qwen3: Llama with a norm on each query and key head before it is turned.

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    s = (self).start_of(layer)
    w = torch.cat([p[s + self.q_norm].expand([self.heads, -1]), p[s + self.k_norm].expand([self.kv_heads, -1])])
    return (self).rotated((self).rms(qk, w), cos, sin)
