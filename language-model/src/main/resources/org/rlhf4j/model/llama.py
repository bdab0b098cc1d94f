# Llama: RMSNorm before each part, grouped-query attention, SwiGLU; biases where the model has them.
# A layer's tensors: input_norm, qkv (columns of q, k, v), output, mlp_norm, gate_up (columns), down.

  # x / √(mean(x²) + ε) · w; the norm is one fused read of x, in fp32.
  def rms(self: __torch__.Transformer, x: Tensor, w: Tensor) -> Tensor:
    norm = torch.linalg_vector_norm(x, 2, [-1], True, dtype=6)
    return torch.type_as(x * torch.rsqrt(norm * norm / torch.size(x, -1) + self.epsilon), x) * torch.type_as(w, x)

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    s = (self).start_of(layer)
    qkv = (self).linear((self).rms(x, p[s + self.input_norm]), p[s + self.qkv], (self).optional(p, s, self.qkv_bias), tape).view([-1, self.heads + 2 * self.kv_heads, self.head_size])
    qk, v = (self).parts(qkv, [self.heads + self.kv_heads, self.kv_heads], 1)
    q, k = (self).parts((self).turned(qk, p, layer, cos, sin), [self.heads, self.kv_heads], 1)
    return (q, k, v)

  # Queries and keys [N, H + G, D] as attention takes them.
  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    return (self).rotated(qk, cos, sin)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    x2 = (self).added(x, attended, p[s + self.output], (self).optional(p, s, self.output_bias), tape)
    inner = (self).widened((self).rms(x2, p[s + self.mlp_norm]), p, s, tape)
    return (self).added_activated(x2, inner, p[s + self.down], (self).optional(p, s, self.down_bias), tape)

  # The MLP's first product: gate and up.
  def widened(self: __torch__.Transformer, x: Tensor, p: List[Tensor], s: int, tape: List[Tensor]) -> Tensor:
    return (self).linear(x, p[s + self.gate_up], (self).optional(p, s, self.gate_up_bias), tape)

  def activated(self: __torch__.Transformer, inner: Tensor) -> Tensor:
    half = torch.floordiv(torch.size(inner, 1), 2)
    gate, up = (self).parts(inner, [half, half], 1)
    return (self).opened(gate) * up

  def opened(self: __torch__.Transformer, gate: Tensor) -> Tensor:
    return torch.silu(gate)

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    return (self).rms(x, p[(self).start_of(self.layers)])
