# Llama: rotary positions, RMSNorm, grouped-query attention, SwiGLU.
# p: embeddings; per layer: norm, qkv (columns of q, k, v), output, norm, gate and up (columns), down; final norm; head if untied.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.index_select(p[0], 1, ids).t().contiguous()

  def embed_backward(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor, g: Tensor) -> None:
    if p[0].requires_grad:
      _0 = torch.index_add_(ops.prim.grad(p[0]), 1, ids, g.t())

  # cos and sin [N, 1, D] of the rotary angles position · theta^(−2i/D).
  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    inverse = torch.pow(self.theta, torch.arange(0, self.head_size, 2).to(6) / self.head_size * -1.)
    angles = torch.outer(positions.to(6), inverse)
    angles = torch.cat([angles, angles], -1).unsqueeze(1)
    return (torch.cos(angles), torch.sin(angles))

  def rotated(self: __torch__.Transformer, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = torch.chunk(x, 2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin

  # x / √(mean(x²) + ε) · w; the norm is one fused read of x.
  def rms(self: __torch__.Transformer, x: Tensor, w: Tensor) -> Tensor:
    norm = torch.linalg_vector_norm(x, 2, [-1], True)
    return x * torch.rsqrt(norm * norm / self.hidden_size + self.epsilon) * w

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    b = 1 + layer * 6
    qkv = (self).linear((self).rms(x, p[b]), p[b + 1], None, tape).view([-1, self.heads + 2 * self.kv_heads, self.head_size])
    qk, v = torch.split_with_sizes(qkv, [self.heads + self.kv_heads, self.kv_heads], 1)
    q, k = torch.split_with_sizes((self).rotated(qk, cos, sin), [self.heads, self.kv_heads], 1)
    return (q, k, v)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    b = 1 + layer * 6
    x2 = (self).added(x, attended, p[b + 2], None, tape)
    inner = (self).linear((self).rms(x2, p[b + 3]), p[b + 4], None, tape)
    return (self).added_activated(x2, inner, p[b + 5], None, tape)

  def activated(self: __torch__.Transformer, inner: Tensor) -> Tensor:
    gate, up = torch.chunk(inner, 2, -1)
    return torch.silu(gate) * up

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    return (self).rms(x, p[1 + self.layers * 6])

  def head(self: __torch__.Transformer, p: List[Tensor]) -> Tensor:
    b = 2 + self.layers * 6
    return p[0] if self.tied == 1 else p[b]
