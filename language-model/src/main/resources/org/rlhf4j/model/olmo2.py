# OLMo 2: Llama with its norms after attention and MLP, and norms on all queries and all keys of a token.

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    s = (self).start_of(layer)
    qkv = (self).linear(x, p[s + self.qkv], (self).optional(p, s, self.qkv_bias), tape)
    q, k, v = (self).parts(qkv, [self.heads * self.head_size, self.kv_heads * self.head_size, self.kv_heads * self.head_size], 1)
    q = (self).rms(q, p[s + self.q_norm]).view([-1, self.heads, self.head_size])
    k = (self).rms(k, p[s + self.k_norm]).view([-1, self.kv_heads, self.head_size])
    return ((self).rotated(q, cos, sin), (self).rotated(k, cos, sin), v.view([-1, self.kv_heads, self.head_size]))

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    output = (self).linear(attended, p[s + self.output], (self).optional(p, s, self.output_bias), tape)
    x2 = (self).joined(x, (self).rms(output, p[s + self.attention_norm]), tape)
    down = (self).linear_activated((self).widened(x2, p, s, tape), p[s + self.down], (self).optional(p, s, self.down_bias), tape)
    return (self).joined(x2, (self).rms(down, p[s + self.feedforward_norm]), tape)
