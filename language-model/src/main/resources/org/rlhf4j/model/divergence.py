# The KL between two next-token distributions over the whole vocabulary, in chunks of rows. TorchScript in
# the form that PyTorch saves. p = softmax(h w / temperature), w the head; q = softmax(hq wq / temperature)
# of a model of the same family, given by its final hidden states hq [M, C'] and its head wq [C', V].

  # KL(p ‖ q) and KL(q ‖ p), each [M].
  def divergences(self: __torch__.Transformer, h: Tensor, p: List[Tensor], hq: Tensor, wq: Tensor, temperature: Tensor) -> List[Tensor]:
    w = (self).head(p)
    other = wq.to(6)
    n = torch.size(h, 0)
    pq = torch.empty([n], device=ops.prim.device(h))
    qp = torch.empty([n], device=ops.prim.device(h))
    rows = (self).beside(hq, h)
    scale = 1. / float(temperature)
    i = 0
    while i < n:
      j = ops.prim.min(i + (self).chunk(w, n), n)
      logp = torch.log_softmax((self).shifted(h[i:j], w, scale), -1)
      logq = torch.log_softmax((self).shifted(rows[i:j], other, scale), -1)
      d = logp - logq
      _0 = torch.copy_(pq[i:j], torch.sum(torch.exp(logp) * d, [-1]))
      _1 = torch.copy_(qp[i:j], torch.sum(torch.exp(logq) * d, [-1]) * -1.)
      i = j
    return [pq, qp]

  # Turns g [M] = ∂L/∂KL(q ‖ p) into ∂L/∂h; adds ∂L/∂w to gw ([0]: isn't wanted). With z = h w / temperature: ∂KL(q ‖ p)/∂z = p − q.
  def divergences_backward(self: __torch__.Transformer, h: Tensor, p: List[Tensor], hq: Tensor, wq: Tensor, temperature: Tensor, g: Tensor, gw: Tensor) -> Tensor:
    w = (self).head(p)
    other = wq.to(6)
    n = torch.size(h, 0)
    gh = torch.empty_like(h)
    rows = (self).beside(hq, h)
    gq = (self).beside(g, h)
    scale = 1. / float(temperature)
    i = 0
    while i < n:
      j = ops.prim.min(i + (self).chunk(w, n), n)
      d = torch.softmax((self).shifted(h[i:j], w, scale), -1)
      _0 = torch.sub_(d, torch.softmax((self).shifted(rows[i:j], other, scale), -1))
      _1 = torch.mul_(d, gq[i:j].unsqueeze(1) * scale)
      (self).logits_of_backward(d, h[i:j], w)
      _2 = torch.copy_(gh[i:j], (self).product(w, d.t(), None).t())
      if torch.numel(gw) > 0:
        (self).add_product(gw, h[i:j].t(), d)
      i = j
    return gh
