# The norm over all gradients together, and scaling by it. TorchScript in the form that PyTorch saves.

  # sqrt of the sum of squares of all entries of all gradients.
  def norm(self: __torch__.GradientNorm, g: List[Tensor]) -> Tensor:
    return torch.linalg_vector_norm(torch.stack([torch.linalg_vector_norm(x) for x in g]))

  # Multiplies all gradients by min(1, limit / (norm + 1e-6)), in place. Returns the norm before.
  def clip(self: __torch__.GradientNorm, g: List[Tensor], limit: Tensor) -> Tensor:
    norm = (self).norm(g)
    factor = limit / (norm + 1e-6)
    if bool(factor < 1):
      for x in g:
        _0 = torch.mul_(x, factor)
    return norm
