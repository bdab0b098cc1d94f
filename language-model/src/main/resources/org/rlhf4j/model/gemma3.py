# Gemma 3: embeddings times √C, norm weights 1 + w, norms before and after each part and on each query and
# key head, tanh GELU in the gate; layers with a window are turned by frequencies of their own.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.index_select(p[0], 1, ids).t().contiguous() * torch.sqrt(self.hidden_size)

  def embed_backward(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor, g: Tensor) -> None:
    tokens = (self).master(p[0])
    if tokens.requires_grad:
      _0 = torch.index_add_(ops.prim.grad(tokens), 1, ids, g.t().to(6), alpha=torch.sqrt(self.hidden_size))

  def rms(self: __torch__.Transformer, x: Tensor, w: Tensor) -> Tensor:
    norm = torch.linalg_vector_norm(x, 2, [-1], True, dtype=6)
    return torch.type_as(x * torch.rsqrt(norm * norm / torch.size(x, -1) + self.epsilon) * (w + 1.), x)

  # Both sets [2, N, 1, D]: of layers that see all, and of those with a window.
  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    cos, sin = (self).angles(positions, self.frequencies)
    local_cos, local_sin = (self).angles(positions, self.local_frequencies)
    return (torch.stack([cos, local_cos]), torch.stack([sin, local_sin]))

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    s = (self).start_of(layer)
    q, k = (self).parts(qk, [self.heads, self.kv_heads], 1)
    normed = torch.cat([(self).rms(q, p[s + self.q_norm]) * self.query_scale, (self).rms(k, p[s + self.k_norm])], 1)
    return (self).rotated(normed, cos[self.sliding[layer]], sin[self.sliding[layer]])

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    output = (self).linear(attended, p[s + self.output], (self).optional(p, s, self.output_bias), tape)
    x2 = (self).joined(x, (self).rms(output, p[s + self.attention_norm]), tape)
    inner = (self).widened((self).rms(x2, p[s + self.mlp_norm]), p, s, tape)
    down = (self).linear_activated(inner, p[s + self.down], (self).optional(p, s, self.down_bias), tape)
    return (self).joined(x2, (self).rms(down, p[s + self.feedforward_norm]), tape)

  def opened(self: __torch__.Transformer, gate: Tensor) -> Tensor:
    return torch.gelu(gate, approximate="tanh")
