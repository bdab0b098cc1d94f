# Granite: Llama with four multipliers: of the embedding, of queries, of what a layer's parts add, and of the logits.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.index_select(p[0], 1, ids).t().contiguous() * self.embedding_scale

  def embed_backward(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor, g: Tensor) -> None:
    tokens = (self).master(p[0])
    if tokens.requires_grad:
      _0 = torch.index_add_(ops.prim.grad(tokens), 1, ids, g.t().to(6), alpha=self.embedding_scale)

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    q, k = (self).parts(qk, [self.heads, self.kv_heads], 1)
    return (self).rotated(torch.cat([q * self.query_scale, k], 1), cos, sin)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    output = (self).linear(attended, p[s + self.output], (self).optional(p, s, self.output_bias), tape)
    x2 = (self).joined(x, output * self.residual_scale, tape)
    inner = (self).widened((self).rms(x2, p[s + self.mlp_norm]), p, s, tape)
    down = (self).linear_activated(inner, p[s + self.down], (self).optional(p, s, self.down_bias), tape)
    return (self).joined(x2, down * self.residual_scale, tape)

  def logits_of(self: __torch__.Transformer, products: Tensor) -> Tensor:
    return torch.mul_(products, self.logit_scale)

  def logits_of_backward(self: __torch__.Transformer, d: Tensor, h: Tensor, w: Tensor) -> None:
    _0 = torch.mul_(d, self.logit_scale)
