# GPT-2: learnt positions, LayerNorm before each part, fused qkv and weights as [in, out].
# p: wte, wpe; per layer 12 tensors; final norm weight and bias.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.embedding(p[0], ids) + torch.embedding(p[1], positions)

  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    return (positions, positions)

  def project(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    b = 2 + layer * 12
    normed = torch.layer_norm(x, [self.hidden_size], p[b], p[b + 1], self.epsilon)
    qkv = torch.addmm(p[b + 3], normed, p[b + 2])
    q, k, v = torch.chunk(qkv.view([-1, 3 * self.heads, self.head_size]), 3, 1)
    return (q, k, v)

  def merge(self: __torch__.Transformer, x: Tensor, attended: Tensor, p: List[Tensor], layer: int) -> Tensor:
    b = 2 + layer * 12
    x2 = x + torch.addmm(p[b + 5], attended, p[b + 4])
    normed = torch.layer_norm(x2, [self.hidden_size], p[b + 6], p[b + 7], self.epsilon)
    inner = torch.gelu(torch.addmm(p[b + 9], normed, p[b + 8]), approximate="tanh")
    return x2 + torch.addmm(p[b + 11], inner, p[b + 10])

  def normed(self: __torch__.Transformer, x: Tensor, p: List[Tensor]) -> Tensor:
    b = 2 + self.layers * 12
    return torch.layer_norm(x, [self.hidden_size], p[b], p[b + 1], self.epsilon)

  def head(self: __torch__.Transformer, p: List[Tensor]) -> Tensor:
    b = 4 + self.layers * 12
    return p[0] if self.tied == 1 else p[b]
