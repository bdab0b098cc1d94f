# GPT-NeoX: LayerNorm, biases, exact GELU; a part of each head is turned; attention and MLP beside each other or in turn.
# A layer's tensors: input_norm, qkv (columns of q, k, v head after head), output, mlp_norm, up, down, and their biases.

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, tape: List[Tensor]) -> Tuple[Tensor, Tensor, Tensor]:
    s = (self).start_of(layer)
    normed = (self).layer_normed(x, p[s + self.input_norm], p[s + self.input_norm_bias])
    qkv = (self).linear(normed, p[s + self.qkv], (self).optional(p, s, self.qkv_bias), tape)
    q, k, v = (self).parts(qkv.view([-1, self.heads, 3 * self.head_size]), [self.head_size, self.head_size, self.head_size], 2)
    return ((self).turned(q, cos, sin), (self).turned(k, cos, sin), v)

  # The first dimensions of each head, as many as there are angles for.
  def turned(self: __torch__.Transformer, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    size = torch.size(cos, 2)
    first, rest = (self).parts(x, [size, self.head_size - size], 2)
    return torch.cat([(self).rotated(first, cos, sin), rest], 2)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int, tape: List[Tensor]) -> Tensor:
    s = (self).start_of(layer)
    x2 = (self).added(x, attended, p[s + self.output], (self).optional(p, s, self.output_bias), tape)
    read = x if self.parallel == 1 else x2
    normed = (self).layer_normed(read, p[s + self.mlp_norm], p[s + self.mlp_norm_bias])
    inner = (self).linear(normed, p[s + self.up], p[s + self.up_bias], tape)
    return (self).added_activated(x2, inner, p[s + self.down], p[s + self.down_bias], tape)

  def activated(self: __torch__.Transformer, inner: Tensor) -> Tensor:
    return torch.gelu(inner)

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    s = (self).start_of(self.layers)
    return (self).layer_normed(x, p[s], p[s + 1])
