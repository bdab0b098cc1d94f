# What families with rotary positions share: an embedding without positions, and the angles.
# p: embedding, `stride` tensors a layer, the final norm's, head if untied.

  def embed(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor) -> Tensor:
    return torch.index_select(p[0], 1, ids).t().contiguous()

  def embed_backward(self: __torch__.Transformer, p: List[Tensor], ids: Tensor, positions: Tensor, g: Tensor) -> None:
    tokens = (self).master(p[0])
    if tokens.requires_grad:
      _0 = torch.index_add_(ops.prim.grad(tokens), 1, ids, g.t().to(6))

  # cos and sin [N, 1, D] of the angles position · frequency, times the scale of stretched models.
  def rotary(self: __torch__.Transformer, positions: Tensor) -> Tuple[Tensor, Tensor]:
    return (self).angles(positions, self.frequencies)

  def angles(self: __torch__.Transformer, positions: Tensor, frequencies: List[float]) -> Tuple[Tensor, Tensor]:
    angles = torch.outer(positions.to(6), torch.tensor(frequencies, dtype=6, device=ops.prim.device(positions)))
    angles = torch.cat([angles, angles], -1).unsqueeze(1)
    return (torch.cos(angles) * self.rotary_scale, torch.sin(angles) * self.rotary_scale)

  def rotated(self: __torch__.Transformer, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = torch.floordiv(torch.size(x, 2), 2)
    a, b = (self).parts(x, [half, half], 2)
    return torch.type_as(x * cos + torch.cat([-b, a], -1) * sin, x)

  # Where a layer's tensors begin.
  def start_of(self: __torch__.Transformer, layer: int) -> int:
    return 1 + layer * self.stride

  # The tensor at a place of a layer, none where the model has none there.
  def optional(self: __torch__.Transformer, p: List[Tensor], start: int, place: int) -> Optional[Tensor]:
    if place < 0:
      out = annotate(Optional[Tensor], None)
    else:
      out = annotate(Optional[Tensor], p[start + place])
    return out
