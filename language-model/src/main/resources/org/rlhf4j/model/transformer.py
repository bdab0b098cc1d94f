# What every family shares: the forward pass over packed tokens, its backward pass, log-probabilities in chunks.
# TorchScript in the form that PyTorch saves. Tensors: N packed tokens, M completion tokens,
# R decoded rows, C hidden size, H heads, G key/value heads, D head size, V vocabulary.
# Matrices are [in, out], embedding and head [C, V].
#
# Activations and matrices are of one number format, fp32 or bf16; vectors (norms, biases), a scalar head, adapters and
# everything from the selected rows of hidden states on (logits, log-probabilities, scores) are fp32. Where the matrices
# in p are bf16 copies of what is trained, self.masters has for each, by identity, the fp32 original, which has the gradient.
#
# A family may have attention, logits_of and logits_of_backward of its own; it adds: embed(p, ids, positions), embed_backward(p, ids, positions, g), rotary(positions),
# project(x, p, layer, cos, sin, tape), merge(x, attended, p, layer, tape), activated(inner) and normed(x, p); and the constants window
# (how many tokens a token sees in a sliding layer, 0 where no layer is) and sliding (1 for each layer that is, else 0).
# Weights, caches and hidden states are where the network is; all else is given as host tensors, which are put
# beside them. Every tensor that is made says where.
#
# The machine adds product(a, b, bias): the matrix product a b (+ bias); weighted(x, w, bias): x w (+ bias), w a weight that may be packed.
# adapters.py adds adapt and adapt_backward: what a matrix's adapters add to its product.

  # ---- the forward pass over packed tokens ---------------------------------------------------

  # Final-normed hidden states [N, C], and where gradients are recorded the tape after them.
  # sizes: the segments' lengths in order; branches: for each tree the number of its completions, 0
  # where prompt and only completion form one causal segment. keys: what the adapters' dropout draws each
  # position's numbers from, [N] int32, or [0] for none. by_layer: whether the tape is for `backward_by_layer`.
  def hidden(self: __torch__.Transformer, ids: Tensor, p: List[Tensor], positions: Tensor, sizes: Tensor, branches: Tensor, keys: Tensor, by_layer: Tensor) -> List[Tensor]:
    tape = annotate(List[Tensor], [])
    segments = (self).ints(sizes)
    trees = (self).ints(branches)
    attention_masks = (self).layer_attention_masks(segments, trees, p[0])
    at = (self).beside(positions, p[0])
    cos, sin = (self).rotary(at)
    x = (self).start((self).beside(ids, p[0]), p, at, sizes, branches, (self).beside(keys, p[0]), tape)
    if torch.is_grad_enabled() and bool(by_layer):
      for layer in range(self.layers):
        x = (self).unrecorded(x, p, layer, cos, sin, segments, trees, attention_masks, tape)
      _0 = torch.append(tape, x)
    else:
      for layer in range(self.layers):
        x = (self).through(x, p, layer, cos, sin, segments, trees, attention_masks, tape)
    return [(self).normed(x, p)] + tape

  # A layer's output [N, C] from its input. attention_masks: those of layers that see all, those of layers with a window.
  def through(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, segments: List[int], trees: List[int], attention_masks: List[List[Tensor]], tape: List[Tensor]) -> Tensor:
    q, k, v = (self).project(x, p, layer, cos, sin, tape)
    return (self).merge(x, (self).attend(q, k, v, segments, trees, attention_masks[self.sliding[layer]]), p, layer, tape)

  # The same with nothing but the input kept on the tape; the output is a leaf.
  def unrecorded(self: __torch__.Transformer, x: Tensor, p: List[Tensor], layer: int, cos: Tensor, sin: Tensor, segments: List[int], trees: List[int], attention_masks: List[List[Tensor]], tape: List[Tensor]) -> Tensor:
    _0 = torch.append(tape, x)
    torch.set_grad_enabled(False)
    y = (self).through(x, p, layer, cos, sin, segments, trees, attention_masks, tape)
    torch.set_grad_enabled(True)
    return torch.requires_grad_(y)

  # ---- the tape -----------------------------------------------------------------------------
  # Matrix products and the embedding are differentiated by hand: each result is a leaf from which
  # autograd records norms, activations and attention up to the next product. `backward` goes through
  # the products from last to first, each handing the leaf's gradient on to its inputs' graph.
  # A tape begins with what `start` puts there: the leaf, ids, positions, dropout keys, sizes, branches.

  def start(self: __torch__.Transformer, ids: Tensor, p: List[Tensor], positions: Tensor, sizes: Tensor, branches: Tensor, keys: Tensor, tape: List[Tensor]) -> Tensor:
    x = torch.detach((self).embed(p, ids, positions))
    if torch.is_grad_enabled():
      _0 = torch.requires_grad_(x)
      torch.extend(tape, [x, ids, positions, keys, sizes, branches])
    return x

  # x w (+ b), by the adapted w where it has adapters.
  def linear(self: __torch__.Transformer, x: Tensor, w: Tensor, b: Optional[Tensor], tape: List[Tensor]) -> Tensor:
    y = (self).weighted(x.detach(), w, (self).detached(b))
    (self).adapt(y, x.detach(), w, tape)
    return (self).recorded(y, x, w, b, None, tape)

  # residual + x w (+ b), likewise.
  def added(self: __torch__.Transformer, residual: Tensor, x: Tensor, w: Tensor, b: Optional[Tensor], tape: List[Tensor]) -> Tensor:
    y = (self).weighted(x.detach(), w, (self).detached(b))
    (self).adapt(y, x.detach(), w, tape)
    _0 = torch.add_(y, residual.detach())
    return (self).recorded(y, x, w, b, residual, tape)

  # activated(inner) w (+ b), inner being the product before. What is activated isn't kept: the way back
  # computes it anew, in far less time than a product takes.
  def linear_activated(self: __torch__.Transformer, inner: Tensor, w: Tensor, b: Optional[Tensor], tape: List[Tensor]) -> Tensor:
    x = (self).activated(inner.detach())
    y = (self).weighted(x, w, (self).detached(b))
    (self).adapt(y, x, w, tape)
    return (self).recorded(y, torch.empty([0], device=ops.prim.device(y)), w, b, None, tape)

  # residual + activated(inner) w (+ b), as above.
  def added_activated(self: __torch__.Transformer, residual: Tensor, inner: Tensor, w: Tensor, b: Optional[Tensor], tape: List[Tensor]) -> Tensor:
    x = (self).activated(inner.detach())
    y = (self).weighted(x, w, (self).detached(b))
    (self).adapt(y, x, w, tape)
    _0 = torch.add_(y, residual.detach())
    return (self).recorded(y, torch.empty([0], device=ops.prim.device(y)), w, b, residual, tape)

  # residual + x, where x is no product's own result: a leaf too, or the graph of a network whose residuals are
  # such sums would have no end.
  def joined(self: __torch__.Transformer, residual: Tensor, x: Tensor, tape: List[Tensor]) -> Tensor:
    return (self).recorded(residual.detach() + x.detach(), x, (self).present(None, x), None, residual, tape)

  # Makes a product's result a leaf, and keeps on the tape what its gradient is handed on to.
  def recorded(self: __torch__.Transformer, y: Tensor, x: Tensor, w: Tensor, b: Optional[Tensor], residual: Optional[Tensor], tape: List[Tensor]) -> Tensor:
    if torch.is_grad_enabled():
      _0 = torch.requires_grad_(y)
      torch.extend(tape, [x, y, w, (self).present(b, y), (self).present(residual, y)])
    return y

  # Takes over what matrices are copies of. p: each original, then its copy. Gives back the first.
  def hold(self: __torch__.Transformer, p: List[Tensor]) -> Tensor:
    for i in range(torch.floordiv(torch.len(p), 2)):
      torch._set_item(self.masters, p[2 * i + 1], p[2 * i])
    return p[0]

  # What a matrix is a copy of: the tensor with its gradient. Itself where it is no copy.
  def master(self: __torch__.Transformer, w: Tensor) -> Tensor:
    out = w
    if torch.__contains__(self.masters, w):
      out = self.masters[w]
    return out

  def layer_normed(self: __torch__.Transformer, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return torch.layer_norm(x, [self.hidden_size], torch.type_as(w, x), torch.type_as(b, x), self.epsilon)

  # What is absent is an empty tensor on the tape.
  def present(self: __torch__.Transformer, t: Optional[Tensor], like: Tensor) -> Tensor:
    if torch.__is__(t, None):
      out = torch.empty([0], device=ops.prim.device(like))
    else:
      out = unchecked_cast(Tensor, t)
    return out

  def detached(self: __torch__.Transformer, b: Optional[Tensor]) -> Optional[Tensor]:
    if torch.__is__(b, None):
      out = annotate(Optional[Tensor], None)
    else:
      out = annotate(Optional[Tensor], torch.detach(unchecked_cast(Tensor, b)))
    return out

  # Sends the gradient that has reached the last products back through all of them and the embedding, adding to the
  # gradients of the weights that want one. Uses the tape up.
  def backward(self: __torch__.Transformer, tape: List[Tensor], p: List[Tensor]) -> Tensor:
    (self).unwind(tape)
    (self).embed_backward(p, tape[1], tape[2], ops.prim.grad(tape[0]))
    return tape[1]

  # The same of a tape that has each layer's input and the last one's output: from the last layer to the first, each is
  # computed once more with a tape of its own, bit for bit as before, and sent back through.
  def backward_by_layer(self: __torch__.Transformer, tape: List[Tensor], p: List[Tensor]) -> Tensor:
    segments = (self).ints(tape[4])
    trees = (self).ints(tape[5])
    attention_masks = (self).layer_attention_masks(segments, trees, p[0])
    cos, sin = (self).rotary(tape[2])
    y = torch.pop(tape)
    for i in range(self.layers):
      x = torch.pop(tape)
      own = [x, tape[1], tape[2], tape[3], tape[4], tape[5]]
      again = (self).through(x, p, self.layers - 1 - i, cos, sin, segments, trees, attention_masks, own)
      g = ops.prim.grad(y)
      torch.autograd.backward([again], annotate(List[Optional[Tensor]], [g]))
      _0 = (self).released(g)
      (self).unwind(own)
      y = x
    (self).embed_backward(p, tape[1], tape[2], ops.prim.grad(y))
    return tape[1]

  # Goes through the products on the tape, down to its start.
  def unwind(self: __torch__.Transformer, tape: List[Tensor]) -> None:
    while torch.len(tape) > 6:
      residual = torch.pop(tape)
      b = torch.pop(tape)
      w = torch.pop(tape)
      y = torch.pop(tape)
      x = torch.pop(tape)
      if torch.numel(x) == 0:
        x = (self).activated(tape[-4])
      g = ops.prim.grad(y)
      trained = (self).master(w)
      if trained.requires_grad:
        _0 = torch.add_(ops.prim.grad(trained), (self).product(x.detach().t(), g, None))
      if b.requires_grad:
        _1 = torch.add_(ops.prim.grad(b), torch.sum(g, [0], False, dtype=6))
      gx = (self).product(g, w.detach().t(), None) if torch.numel(w) > 0 else g
      (self).adapt_backward(gx, g, x.detach(), w, tape)
      to = annotate(List[Tensor], [x])
      gradients = annotate(List[Optional[Tensor]], [gx])
      if residual.requires_grad:
        _2 = torch.append(to, residual)
        _3 = torch.append(gradients, g)
      torch.autograd.backward(to, gradients)
      _4 = (self).released(g)

  # A host tensor where another tensor is.
  def beside(self: __torch__.Transformer, given: Tensor, other: Tensor) -> Tensor:
    return torch.to(given, ops.prim.device(other))

  # Views of what lies side by side in a dimension.
  def parts(self: __torch__.Transformer, x: Tensor, sizes: List[int], dim: int) -> List[Tensor]:
    return torch.split_with_sizes(x, sizes, dim)

  # Gives a gradient's memory back before what it belongs to is gone.
  def released(self: __torch__.Transformer, g: Tensor) -> Tensor:
    return torch.set_(g)

  def ints(self: __torch__.Transformer, t: Tensor) -> List[int]:
    return [int(t[i]) for i in range(torch.size(t, 0))]

  # The attention masks of layers that see all tokens, and those of layers with a window, in the number format of `like` and where it is.
  def layer_attention_masks(self: __torch__.Transformer, segments: List[int], trees: List[int], like: Tensor) -> List[List[Tensor]]:
    attention_masks = (self).attention_masks(segments, trees, 0, like)
    near = (self).attention_masks(segments, trees, self.window, like) if self.window > 0 else attention_masks
    return [attention_masks, near]

  # For each segment its attention mask: a completion of a branching tree comes after a prompt, all else after nothing.
  def attention_masks(self: __torch__.Transformer, segments: List[int], trees: List[int], window: int, like: Tensor) -> List[Tensor]:
    attention_masks = annotate(List[Tensor], [])
    s = 0
    for n in trees:
      prompt = segments[s]
      _0 = torch.append(attention_masks, (self).attention_mask(0, prompt, window, like))
      s = s + 1
      for i in range(n):
        _1 = torch.append(attention_masks, (self).attention_mask(prompt, segments[s], window, like))
        s = s + 1
    return attention_masks

  # An additive attention mask [T, P + T] of T tokens after P: each sees those up to itself, at most `window` of them where
  # that is above 0. Empty where causal attention is the same.
  def attention_mask(self: __torch__.Transformer, prompt: int, tokens: int, window: int, like: Tensor) -> Tensor:
    seen = prompt + tokens
    narrow = window > 0 and seen > window
    if prompt == 0 and not narrow:
      attention_mask = torch.empty([0], device=ops.prim.device(like))
    else:
      attention_mask = torch.triu(torch.full([tokens, seen], -inf, dtype=like.dtype, device=ops.prim.device(like)), prompt + 1)
    if narrow:
      _0 = torch.add_(attention_mask, torch.tril(torch.full([tokens, seen], -inf, dtype=like.dtype, device=ops.prim.device(like)), prompt - window))
    return attention_mask

  # Attention of packed tokens' q [N, H, D] over k, v [N, G, D], each completion seeing its prompt and itself.
  def attend(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, segments: List[int], trees: List[int], attention_masks: List[Tensor]) -> Tensor:
    qs = (self).parts(q, segments, 0)
    ks = (self).parts((self).repeated(k), segments, 0)
    vs = (self).parts((self).repeated(v), segments, 0)
    outs = annotate(List[Tensor], [])
    s = 0
    for n in trees:
      kp = ks[s]
      vp = vs[s]
      if segments[s] > 0:
        _0 = torch.append(outs, (self).sdpa(qs[s], kp, vp, attention_masks[s]))
      s = s + 1
      for i in range(n):
        _1 = torch.append(outs, (self).sdpa(qs[s], torch.cat([kp, ks[s]]), torch.cat([vp, vs[s]]), attention_masks[s]))
        s = s + 1
    return torch.flatten(torch.cat(outs), 1)

  # Each key/value head once for every query head that reads it.
  def repeated(self: __torch__.Transformer, k: Tensor) -> Tensor:
    if self.heads == self.kv_heads:
      out = k
    else:
      out = torch.repeat_interleave(k, torch.floordiv(self.heads, self.kv_heads), 1)
    return out

  # An empty attention mask stands for causal attention.
  def sdpa(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, given: Tensor) -> Tensor:
    attention_mask = annotate(Optional[Tensor], given if torch.numel(given) > 0 else None)
    o = (self).attention(q.transpose(0, 1).unsqueeze(0), k.transpose(0, 1).unsqueeze(0), v.transpose(0, 1).unsqueeze(0), attention_mask, torch.__is__(attention_mask, None))
    return o.squeeze(0).transpose(0, 1)

  # Attention of q [B, H, T, D] over k, v [B, H, S, D], with an additive attention mask, causal or of all over all.
  def attention(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, attention_mask: Optional[Tensor], causal: bool) -> Tensor:
    return torch.scaled_dot_product_attention(q, k, v, attention_mask, 0., causal)

  # ---- the head, in chunks: no [M, V] tensor ------------------------------------------------

  # The head [C, V], fp32: the embedding where they are tied.
  def head(self: __torch__.Transformer, p: List[Tensor]) -> Tensor:
    return (self).head_matrix(p).to(6)

  # The same in the network's number format.
  def head_matrix(self: __torch__.Transformer, p: List[Tensor]) -> Tensor:
    return p[0] if self.tied == 1 else p[self.head_at]

  # Rows whose logits are held at a time: as many as make about logit_numbers of them, all chunks of n rows alike.
  def chunk(self: __torch__.Transformer, w: Tensor, n: int) -> int:
    most = ops.prim.max(64, torch.floordiv(self.logit_numbers, torch.size(w, 1)))
    chunks = torch.floordiv(n + most - 1, most)
    return torch.floordiv(n + chunks - 1, chunks)

  # Log-probability of targets [M] and entropy [M] under softmax(h w / temperature), w the head; after
  # them the probabilities of the first `keep` chunks, for the backward pass.
  def logprobs(self: __torch__.Transformer, h: Tensor, p: List[Tensor], targets: Tensor, temperature: Tensor, keep: Tensor) -> List[Tensor]:
    w = (self).head(p)
    n = torch.size(h, 0)
    out = torch.empty([n], device=ops.prim.device(h))
    entropy = torch.empty([n], device=ops.prim.device(h))
    wanted = (self).beside(targets, h)
    kept = annotate(List[Tensor], [])
    scale = 1. / float(temperature)
    i = 0
    while i < n:
      j = ops.prim.min(i + (self).chunk(w, n), n)
      logits = (self).shifted(h[i:j], w, scale)
      e = torch.exp(logits)
      total = torch.sum(e, [-1])
      lse = torch.log(total)
      _0 = torch.copy_(out[i:j], torch.gather(logits, 1, wanted[i:j].unsqueeze(1)).squeeze(1) - lse)
      mean = torch.bmm(e.unsqueeze(1), logits.unsqueeze(2)).flatten() / total
      _1 = torch.copy_(entropy[i:j], lse - mean)
      if torch.len(kept) < int(keep):
        _2 = torch.append(kept, torch.div_(e, total.unsqueeze(1)))
      i = j
    return [out, entropy] + kept

  # The logits that products with the head stand for: themselves, but in families that scale or cap them. In place.
  def logits_of(self: __torch__.Transformer, products: Tensor) -> Tensor:
    return products

  # Turns d = ∂L/∂logits of hidden states h into ∂L/∂products, in place.
  def logits_of_backward(self: __torch__.Transformer, d: Tensor, h: Tensor, w: Tensor) -> None:
    pass

  # Logits / temperature, each row's largest moved to 0.
  def shifted(self: __torch__.Transformer, h: Tensor, w: Tensor, scale: float) -> Tensor:
    logits = (self).logits_of((self).product(h, w, None))
    if scale != 1.:
      _0 = torch.mul_(logits, scale)
    return torch.sub_(logits, torch.amax(logits, [-1], True))

  # Turns g [M] = ∂L/∂logprobs and ge = ∂L/∂entropy ([M], or [0] for none) into ∂L/∂h; adds ∂L/∂w to gw ([0]: isn't wanted). Chunks
  # whose probabilities `logprobs` kept are used up, those of the others are computed anew. With
  # p = softmax and z = logits / temperature: ∂logprob/∂z = onehot − p, ∂entropy/∂z = −p (log p + entropy).
  # Logits are made in fp32; gradients of the head and of h go through products in the network's number format, as those of
  # other matrices do. Returns ∂L/∂h and the log-probabilities of the chunks computed anew.
  def logprobs_backward(self: __torch__.Transformer, h: Tensor, p: List[Tensor], targets: Tensor, temperature: Tensor, g: Tensor, ge: Tensor, gw: Tensor, kept: List[Tensor]) -> Tuple[Tensor, Tensor]:
    w = (self).head(p)
    matrix = (self).head_matrix(p).detach()
    n = torch.size(h, 0)
    gh = torch.empty_like(h)
    out = torch.empty([n], device=ops.prim.device(h))
    wanted = (self).beside(targets, h)
    gl = (self).beside(g, h)
    gent = (self).beside(ge, h)
    scale = 1. / float(temperature)
    i = 0
    k = 0
    while i < n:
      j = ops.prim.min(i + (self).chunk(w, n), n)
      t = wanted[i:j].unsqueeze(1)
      gi = gl[i:j].unsqueeze(1)
      if k < torch.len(kept) and torch.numel(kept[k]) > 0:
        d = kept[k]
      else:
        logits = (self).shifted(h[i:j], w, scale)
        picked = torch.gather(logits, 1, t)
        d = torch.exp_(logits)
        total = torch.sum(d, [-1], True)
        _0 = torch.copy_(out[i:j], (picked - torch.log(total)).flatten())
        _1 = torch.div_(d, total)
      if torch.numel(gent) > 0:
        plogp = torch.xlogy(d, d)
        bonus = torch.sub_(plogp, d * torch.sum(plogp, [-1], True)) * gent[i:j].unsqueeze(1)
        _2 = torch.sub_(torch.mul_(d, gi * -1.), bonus)
      else:
        _3 = torch.mul_(d, gi * -1.)
      _4 = torch.scatter_add_(d, 1, t, gi)
      if scale != 1.:
        _5 = torch.mul_(d, scale)
      (self).logits_of_backward(d, h[i:j], w)
      gz = torch.type_as(d, matrix)
      # gz wᵀ as (w gzᵀ)ᵀ: in this form oneDNN is 1.2 to 1.5 times as fast.
      _6 = torch.copy_(gh[i:j], (self).product(matrix, gz.t(), None).t())
      if torch.numel(gw) > 0:
        (self).add_product(gw, torch.type_as(h[i:j], matrix).t(), gz)
      i = j
      k = k + 1
    return (gh, out)

  # Adds a b to c, slices of rows at a time: a whole a b would be as large as the head.
  def add_product(self: __torch__.Transformer, c: Tensor, a: Tensor, b: Tensor) -> None:
    rows = torch.contiguous(a)
    n = torch.size(rows, 0)
    i = 0
    while i < n:
      j = ops.prim.min(i + 64, n)
      _0 = torch.add_(c[i:j], (self).product(rows[i:j], b, None))
      i = j

  # Rows of the hidden states, fp32, in the graph: where completion tokens are predicted or scored.
  def select(self: __torch__.Transformer, h: Tensor, rows: Tensor) -> Tensor:
    return torch.index_select(h, 0, (self).beside(rows, h)).to(6)

  # The scalar head, the last of the weights, at the given rows: [len(rows)].
  def scalar(self: __torch__.Transformer, h: Tensor, p: List[Tensor], rows: Tensor) -> Tensor:
    return torch.matmul((self).select(h, rows), p[-1].flatten())
