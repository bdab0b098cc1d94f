# Low-rank adapters on the matrices of a network: x w becomes x w + scale · (dropped(x) a) b on the columns that
# an adapter writes. self.adapters has for each matrix, by identity, its adapters: a [in, r], b [r, out], the
# first column, the adapter's number. So families needn't know of them. a and b are fp32, rounded where x is bf16.

  # Takes adapters over. p: the network's weights, then the adapters'; places, a row for each adapter: the indices
  # of its matrix and of its a in p (b comes next), the first column, the adapter's number.
  def attach(self: __torch__.Transformer, places: Tensor, p: List[Tensor]) -> Tensor:
    for i in range(torch.size(places, 0)):
      w = p[int(places[i, 0])]
      a = int(places[i, 1])
      if torch.__not__(torch.__contains__(self.adapters, w)):
        torch._set_item(self.adapters, w, annotate(List[Tuple[Tensor, Tensor, int, int]], []))
      _0 = torch.append(self.adapters[w], (p[a], p[a + 1], int(places[i, 2]), int(places[i, 3])))
    return places

  # Adds to y = x w what w's adapters give.
  def adapt(self: __torch__.Transformer, y: Tensor, x: Tensor, w: Tensor, tape: List[Tensor]) -> None:
    if torch.__contains__(self.adapters, w):
      for adapter in self.adapters[w]:
        a, b, column, number = adapter
        u = torch.mul_((self).product((self).dropped(x, number, tape), torch.type_as(a.detach(), x), None), self.adapter_scale)
        end = column + torch.size(b, 1)
        _0 = torch.add_(y[:, column:end], (self).product(u, torch.type_as(b.detach(), x), None))

  # From g = ∂L/∂y adds to the gradients of a and b, and to gx = ∂L/∂x.
  def adapt_backward(self: __torch__.Transformer, gx: Tensor, g: Tensor, x: Tensor, w: Tensor, tape: List[Tensor]) -> None:
    if torch.__contains__(self.adapters, w):
      for adapter in self.adapters[w]:
        a, b, column, number = adapter
        end = column + torch.size(b, 1)
        gy = torch.contiguous(g[:, column:end])
        gu = torch.mul_((self).product(gy, torch.type_as(b.detach(), g).t(), None), self.adapter_scale)
        if a.requires_grad:
          xd = (self).dropped(x, number, tape)
          u = torch.mul_((self).product(xd, torch.type_as(a.detach(), x), None), self.adapter_scale)
          _0 = torch.add_(ops.prim.grad(b), (self).product(u.t(), gy, None))
          _1 = torch.add_(ops.prim.grad(a), (self).product(xd.t(), gu, None))
        _2 = torch.add_(gx, (self).dropped((self).product(gu, torch.type_as(a.detach(), g).t(), None), number, tape))

  # x with each entry zero with probability adapter_dropout, else divided by 1 − adapter_dropout, where the
  # tape has keys. Whether is a hash of the position's key, the column and the adapter's number (the
  # finaliser of MurmurHash3, Appleby 2011): backward draws the same again.
  def dropped(self: __torch__.Transformer, x: Tensor, number: int, tape: List[Tensor]) -> Tensor:
    out = x
    if torch.len(tape) > 0:
      keys = tape[3]
      if torch.numel(keys) > 0:
        columns = (self).hashed(torch.arange(number * 65536, number * 65536 + torch.size(x, 1), dtype=3, device=ops.prim.device(x)))
        h = (self).hashed(torch.__xor__(keys.unsqueeze(1), columns.unsqueeze(0)))
        kept = torch.bitwise_and(h, 16777215) >= int(self.adapter_dropout * 16777216.)
        out = torch.mul_(torch.mul(x, kept), 1. / (1. - self.adapter_dropout))
    return out

  def hashed(self: __torch__.Transformer, keys: Tensor) -> Tensor:
    h = torch.__xor__(keys, torch.bitwise_and(torch.__rshift__(keys, 16), 65535))
    _0 = torch.mul_(h, -2048144789)
    _1 = torch.__ixor__(h, torch.bitwise_and(torch.__rshift__(h, 13), 524287))
    _2 = torch.mul_(h, -1028477387)
    return torch.__ixor__(h, torch.bitwise_and(torch.__rshift__(h, 16), 65535))

  # Adds all adapters to the matrices themselves, and takes them off. Gives back what it is given.
  def fold(self: __torch__.Transformer, given: Tensor, p: List[Tensor]) -> Tensor:
    for w in p:
      if torch.__contains__(self.adapters, w):
        for adapter in self.adapters[w]:
          a, b, column, _n = adapter
          end = column + torch.size(b, 1)
          _0 = torch.add_(w.detach()[:, column:end], torch.mul_((self).product(a.detach(), b.detach(), None), self.adapter_scale))
    torch.clear(self.adapters)
    return given
