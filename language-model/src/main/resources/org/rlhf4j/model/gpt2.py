# GPT-2: learnt positions, LayerNorm before each part, fused qkv.
# p: wte, wpe; per layer 12 tensors; final norm weight and bias.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.index_select(p[0], 1, ids).t().contiguous() + torch.embedding(p[1], positions)

  def embed_backward(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor, g: Tensor) -> None:
    tokens = (self).master(p[0])
    if tokens.requires_grad:
      _0 = torch.index_add_(ops.prim.grad(tokens), 1, ids, g.t().to(6))
    places = (self).master(p[1])
    if places.requires_grad:
      _1 = torch.index_add_(ops.prim.grad(places), 0, positions, g.to(6))

  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    return (positions, positions)

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    b = 2 + layer * 12
    normed = (self).layer_normed(x, p[b], p[b + 1])
    qkv = (self).linear(normed, p[b + 2], p[b + 3], tape)
    q, k, v = (self).parts(qkv.view([-1, 3 * self.heads, self.head_size]), [self.heads, self.heads, self.heads], 1)
    return (q, k, v)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    b = 2 + layer * 12
    x2 = (self).added(x, attended, p[b + 4], p[b + 5], tape)
    normed = (self).layer_normed(x2, p[b + 6], p[b + 7])
    inner = (self).linear(normed, p[b + 8], p[b + 9], tape)
    return (self).added_activated(x2, inner, p[b + 10], p[b + 11], tape)

  def activated(self: __torch__.Transformer, inner: Tensor) -> Tensor:
    return torch.gelu(inner, approximate="tanh")

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    b = 2 + self.layers * 12
    return (self).layer_normed(x, p[b], p[b + 1])
