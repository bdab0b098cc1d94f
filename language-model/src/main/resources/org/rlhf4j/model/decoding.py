# Sampling with a cache of keys and values: R rows at their own lengths, many steps in one call.
# kc, vc: per layer [slots, G, S, D]; the first R slots are in use.

  # Runs prompts as packed tokens, writes their keys and values into the caches from row `first` on, each prompt into copies[i] rows, and returns the last
  # position's hidden states [prompts, C].
  def prefill(self: __torch__.Transformer, ids: Tensor, p: List[Tensor], kc: List[Tensor], vc: List[Tensor], positions: Tensor, sizes: Tensor, copies: Tensor, first: Tensor) -> Tensor:
    segments = (self).ints(sizes)
    repeats = (self).ints(copies)
    trees = [0 for _ in segments]
    attention_masks = (self).layer_attention_masks(segments, trees, p[0])
    places = (self).beside(positions, p[0])
    tape = annotate(List[Tensor], [])
    cos, sin = (self).rotary(places)
    x = (self).embed(p, (self).beside(ids, p[0]), places)
    for layer in range(self.layers):
      q, k, v = (self).project(x, p, layer, cos, sin, tape)
      ks = (self).parts(k, segments, 0)
      vs = (self).parts(v, segments, 0)
      row = int(first)
      for i in range(torch.len(segments)):
        end = row + repeats[i]
        _0 = torch.copy_(kc[layer][row:end, :, 0:segments[i]], ks[i].transpose(0, 1))
        _1 = torch.copy_(vc[layer][row:end, :, 0:segments[i]], vs[i].transpose(0, 1))
        row = end
      x = (self).merge(x, (self).attend(q, k, v, segments, trees, attention_masks[self.sliding[layer]]), p, layer, tape)
    last = (self).beside(torch.cumsum(sizes, 0) - 1, x)
    return (self).normed(torch.index_select(x, 0, last), p)

  # Draws one token a row from hidden states [R, C]; uniforms [R]. Temperature 0: the largest logit.
  # Returns ids [R] and their log-probabilities under what was drawn from: softmax(logits / temperature), of what top_k and top_p leave;
  # at temperature 0 under softmax(logits).
  def sample(self: __torch__.Transformer, h: Tensor, w: Tensor, uniforms: Tensor, temperature: float, top_k: int, top_p: float) -> Tuple[Tensor, Tensor]:
    logits = (self).logits_of((self).weighted(h.to(6), w, None))
    if temperature > 0.:
      _0 = torch.mul_(logits, 1. / temperature)
    if temperature == 0.:
      best, ids = torch.max(logits, -1, True)
      picked = torch.zeros_like(best)
      total = torch.sum(torch.exp_(torch.sub_(logits, best)), [-1], True)
    else:
      _1 = torch.sub_(logits, torch.amax(logits, [-1], True))
      if top_k > 0 or top_p < 1.:
        e = torch.exp_((self).truncated(logits, top_k, top_p))
      else:
        e = torch.exp_(logits)
      ids, total = (self).drawn(e, uniforms)
      picked = torch.log(torch.gather(e, 1, ids))
    return (ids.squeeze(1), (picked - torch.log(total)).squeeze(1))

  # By inverse CDF from weights e [R, V]: first a block of 512 columns by the blocks' sums, then a column of that block by its own, so that
  # nothing is added up over all columns one by one. Returns ids [R, 1] and the weights' sums [R, 1]. No column of weight 0 is drawn. If weights are NaN, the id is any.
  def drawn(self: __torch__.Transformer, e: Tensor, uniforms: Tensor) -> Tuple[Tensor, Tensor]:
    columns = torch.size(e, 1)
    blocks = torch.floordiv(columns, 512)
    end = blocks * 512
    whole = torch.sum(torch.unflatten(e[:, 0:end], 1, [blocks, 512]), [2])
    cdf = torch.cumsum(torch.cat([whole, torch.sum(e[:, end:], [1], True)], 1), -1)
    total = cdf[:, -1:]
    x = (self).below(uniforms.unsqueeze(1) * total, total)
    block = torch.searchsorted(cdf, x, right=True)
    before = torch.gather(cdf, 1, torch.clamp_min(block - 1, 0)) * (block > 0)
    at = block * 512 + torch.arange(512, device=ops.prim.device(e)).unsqueeze(0)
    inside = torch.cumsum(torch.gather(e, 1, torch.clamp_max(at, columns - 1)) * (at < columns), -1)
    place = torch.searchsorted(inside, (self).below(x - before, inside[:, -1:]), right=True)
    return (torch.clamp_max(block * 512 + place, columns - 1), total)

  # x where it is less than the limit, else the float before the limit: rounding takes no draw beyond the last column.
  def below(self: __torch__.Transformer, x: Tensor, limit: Tensor) -> Tensor:
    return torch.minimum(x, limit * 0.99999988)

  # Logits outside the top_k (0: all) or the nucleus of mass top_p become −∞; the largest always stays.
  def truncated(self: __torch__.Transformer, logits: Tensor, top_k: int, top_p: float) -> Tensor:
    out = logits
    if top_k > 0:
      k = ops.prim.min(top_k, torch.size(logits, 1))
      kept, _i = torch.topk(logits, k)
      out = torch.masked_fill(out, out < kept[:, -1:], -inf)
    if top_p < 1.:
      ordered, order = torch.sort(out, -1, True)
      mass = torch.softmax(ordered, -1)
      before = torch.cumsum(mass, -1) - mass
      cut = torch.masked_fill(ordered, before >= top_p, -inf)
      out = torch.scatter(out, 1, order, cut)
    return out

  # The first token of each copy of freshly run prompts, from their last hidden states h.
  def first_tokens(self: __torch__.Transformer, h: Tensor, p: List[Tensor], copies: Tensor, uniforms: Tensor, settings: Tensor) -> Tuple[Tensor, Tensor]:
    rows = torch.index_select(h, 0, (self).beside(torch.repeat_interleave(copies), h))
    return (self).sample(rows, (self).head(p), (self).beside(uniforms, h), float(settings[0]), int(settings[1]), float(settings[2]))

  # Up to uniforms.size(1) decoding steps over all rows, in one call. tokens [R]: the last token of each row, not yet
  # in the cache; lengths [R]: positions in the cache; stops [K]: stop ids. Returns when `enough` of the rows have
  # met a stop id, which is looked at every checked_every steps. settings: temperature, top_k, top_p.
  # Returns ids [R, steps], log-probabilities [R, steps].
  def decode(self: __torch__.Transformer, tokens: Tensor, p: List[Tensor], kc: List[Tensor], vc: List[Tensor], lengths: Tensor, uniforms: Tensor, stops: Tensor, enough: Tensor, settings: Tensor) -> Tuple[Tensor, Tensor]:
    rows = torch.size(tokens, 0)
    steps = torch.size(uniforms, 1)
    temperature = float(settings[0])
    top_k = int(settings[1])
    top_p = float(settings[2])
    limit = int(enough)
    ids = torch.empty([rows, steps], dtype=4, device=ops.prim.device(p[0]))
    logprobs = torch.empty([rows, steps], device=ops.prim.device(p[0]))
    done = torch.zeros([rows], dtype=11, device=ops.prim.device(p[0]))
    drawn = (self).beside(uniforms, p[0])
    ends = (self).beside(stops, p[0])
    w = (self).head(p)
    slots = torch.size(kc[0], 2)
    base = torch.arange(rows * self.kv_heads, device=ops.prim.device(p[0])) * slots
    longest = int(torch.max(lengths))
    shortest = int(torch.min(lengths))
    tape = annotate(List[Tensor], [])
    table = (self).rotary_table(longest + steps, p[0])
    current = (self).beside(tokens, p[0])
    length = (self).beside(lengths, p[0])
    step = 0
    running = True
    while running:
      end = longest + step + 1
      # Where a sliding layer's first key is.
      first = ops.prim.max(0, shortest + step + 1 - self.window) if self.window > 0 else 0
      cos, sin = (self).rotary_of(table, length)
      x = (self).embed(p, current, length)
      at = base + torch.repeat_interleave(length, self.kv_heads)
      attention_mask = annotate(Optional[Tensor], None)
      near = annotate(Optional[Tensor], None)
      if shortest < longest:
        behind = length.unsqueeze(1) - torch.arange(end, device=ops.prim.device(length)).unsqueeze(0)
        attention_mask = (self).hiding(behind < 0, x.dtype)
        if self.window > 0:
          near = (self).hiding(torch.__or__(behind < 0, behind >= self.window)[:, first:], x.dtype)
      for layer in range(self.layers):
        q, k, v = (self).project(x, p, layer, cos, sin, tape)
        _0 = torch.index_copy_(kc[layer].view([-1, self.head_size]), 0, at, k.reshape([-1, self.head_size]))
        _1 = torch.index_copy_(vc[layer].view([-1, self.head_size]), 0, at, v.reshape([-1, self.head_size]))
        grouped = q.view([rows, self.kv_heads, torch.floordiv(self.heads, self.kv_heads), self.head_size])
        if self.sliding[layer] == 1:
          o = (self).attended(grouped, kc[layer][0:rows, :, first:end], vc[layer][0:rows, :, first:end], near)
        else:
          o = (self).attended(grouped, kc[layer][0:rows, :, 0:end], vc[layer][0:rows, :, 0:end], attention_mask)
        x = (self).merge(x, o.reshape([rows, -1]), p, layer, tape)
      current, logprob = (self).sample((self).normed(x, p), w, drawn[:, step], temperature, top_k, top_p)
      _2 = torch.copy_(ids[:, step], current)
      _3 = torch.copy_(logprobs[:, step], logprob)
      length = length + 1
      done = torch.__or__(done, torch.isin(current, ends))
      step = step + 1
      running = step < steps and (step % self.checked_every != 0 or int(torch.sum(done)) < limit)
    return (ids[:, 0:step], logprobs[:, 0:step])

  # Attention of a row's new token over its cache, in fp32 where the machine is faster so.
  def attended(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, attention_mask: Optional[Tensor]) -> Tensor:
    if q.dtype == 15 and torch.size(q, 2) == 1 and (self).widens_single_queries():
      mask = annotate(Optional[Tensor], None)
      if torch.__isnot__(attention_mask, None):
        mask = unchecked_cast(Tensor, attention_mask).to(6)
      o = torch.type_as((self).attention(q.to(6), k.to(6), v.to(6), mask, False), q)
    else:
      o = (self).attention(q, k, v, attention_mask, False)
    return o

  # What a call of that many positions takes rotary angles from: nothing where each step computes its own.
  def rotary_table(self: __torch__.Transformer, positions: int, like: Tensor) -> List[Tensor]:
    return annotate(List[Tensor], [])

  def rotary_of(self: __torch__.Transformer, table: List[Tensor], positions: Tensor) -> Tuple[Tensor, Tensor]:
    return (self).rotary(positions)

  # An additive attention mask [R, 1, 1, S] that hides keys from rows.
  def hiding(self: __torch__.Transformer, hidden: Tensor, dtype: int) -> Tensor:
    attention_mask = torch.masked_fill(torch.zeros([torch.size(hidden, 0), torch.size(hidden, 1)], dtype=dtype, device=ops.prim.device(hidden)), hidden, -inf)
    return attention_mask.unsqueeze(1).unsqueeze(1)

  # Moves rows of the caches: row sources[i] becomes row targets[i], up to `used` positions.
  def move(self: __torch__.Transformer, sources: Tensor, kc: List[Tensor], vc: List[Tensor], targets: Tensor, used: Tensor) -> Tensor:
    end = int(used)
    target = (self).beside(targets, kc[0])
    source = (self).beside(sources, kc[0])
    for layer in range(self.layers):
      k = kc[layer][:, :, 0:end]
      v = vc[layer][:, :, 0:end]
      _0 = torch.index_copy_(k, 0, target, torch.index_select(k, 0, source))
      _1 = torch.index_copy_(v, 0, target, torch.index_select(v, 0, source))
    return sources
