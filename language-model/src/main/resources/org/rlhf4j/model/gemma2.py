# Gemma 2: Gemma 3 without norms on heads and with one set of angles; scores of attention and logits are capped: z becomes
# cap · tanh(z / cap). A cap of 0 stands for none.

  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    return (self).angles(positions, self.frequencies)

  def turned(self: __torch__.Transformer, qk: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor) -> Tensor:
    q, k = (self).parts(qk, [self.heads, self.kv_heads], 1)
    return (self).rotated(torch.cat([q * self.query_scale, k], 1), cos, sin)

  def attention(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, attention_mask: Optional[Tensor], causal: bool) -> Tensor:
    scores = torch.matmul(q.to(6), k.to(6).transpose(-2, -1)) * (1. / torch.sqrt(self.head_size))
    if self.attention_cap > 0.:
      scores = torch.tanh(scores * (1. / self.attention_cap)) * self.attention_cap
    if causal:
      scores = scores + torch.triu(torch.full_like(scores[0, 0], -inf), 1)
    if torch.__isnot__(attention_mask, None):
      scores = scores + unchecked_cast(Tensor, attention_mask)
    return torch.type_as(torch.matmul(torch.softmax(scores, -1), v.to(6)), v)

  def logits_of(self: __torch__.Transformer, products: Tensor) -> Tensor:
    if self.logit_cap > 0.:
      _0 = torch.mul_(torch.tanh_(torch.mul_(products, 1. / self.logit_cap)), self.logit_cap)
    return products

  # ∂z/∂x = 1 − tanh²(x / cap), of products x that are computed anew.
  def logits_of_backward(self: __torch__.Transformer, d: Tensor, h: Tensor, w: Tensor) -> None:
    if self.logit_cap > 0.:
      t = torch.tanh_(torch.mul_((self).product(h, w, None), 1. / self.logit_cap))
      _0 = torch.mul_(d, torch.add_(torch.mul_(torch.mul_(t, t), -1.), 1.))
