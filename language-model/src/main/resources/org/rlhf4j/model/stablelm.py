# StableLM: Llama with LayerNorm, norms on each query and key head where the model has them, and attention and MLP
# in turn or beside each other.

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    s = (self).start_of(layer)
    normed = (self).layer_normed(x, p[s + self.input_norm], p[s + self.input_norm_bias])
    qkv = (self).linear(normed, p[s + self.qkv], (self).optional(p, s, self.qkv_bias), tape).view([-1, self.heads + 2 * self.kv_heads, self.head_size])
    q, k, v = (self).parts(qkv, [self.heads, self.kv_heads, self.kv_heads], 1)
    if self.head_norms == 1:
      q = (self).head_normed(q, p[s + self.q_norm])
      k = (self).head_normed(k, p[s + self.k_norm])
    q, k = (self).parts((self).turned(torch.cat([q, k], 1), p, layer, cos, sin), [self.heads, self.kv_heads], 1)
    return (q, k, v)

  # Each head by a norm of its own, w [heads · D].
  def head_normed(self: __torch__.Transformer, x: Tensor, w: Tensor) -> Tensor:
    normed = torch.layer_norm(x, [self.head_size], None, None, self.epsilon)
    return normed * torch.type_as(w, x).view([-1, self.head_size])

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    x2 = (self).added(x, attended, p[s + self.output], None, tape)
    read = x if self.parallel == 1 else x2
    normed = (self).layer_normed(read, p[s + self.mlp_norm], p[s + self.mlp_norm_bias])
    inner = (self).widened(normed, p, s, tape)
    return (self).added_activated(x2, inner, p[s + self.down], None, tape)

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    s = (self).start_of(self.layers)
    return (self).layer_normed(x, p[s], p[s + 1])
