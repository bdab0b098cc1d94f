# What networks do otherwise where each operation is a launch: as few of them as can be, whatever the number of
# segments and steps. Segments are attended to in two padded batches: those that see nothing before them, and
# completions after a prompt. Results are those of transformer.py within rounding.

  # For layers that see all tokens and for those with a window, the batches' layout: `order` [N], where each packed token's
  # result is among both batches' rows; `whole` [S, T], the tokens of the first, and their attention mask, empty where
  # causal attention is the same; `own` [S', T'], `seen` [S', P + T'] and the attention mask [S', 1, T', P + T'] of the second.
  # A row that is shorter is filled up by its last token.
  def layer_attention_masks(self: __torch__.Transformer, segments: List[int], trees: List[int], like: Tensor) -> List[List[Tensor]]:
    all = (self).layout(segments, trees, 0, like)
    near = (self).layout(segments, trees, self.window, like) if self.window > 0 else all
    return [all, near]

  def layout(self: __torch__.Transformer, segments: List[int], trees: List[int], window: int, like: Tensor) -> List[Tensor]:
    whole = annotate(List[int], [])
    own = annotate(List[int], [])
    prompts = annotate(List[int], [])
    numbers = annotate(List[int], [])
    lengths = annotate(List[int], [])
    longest = [1, 1, 0]
    at = 0
    s = 0
    for n in trees:
      prompt = segments[s]
      start = at
      if prompt > 0:
        torch.extend(numbers, [0, torch.floordiv(torch.len(whole), 2), at])
        torch.append(lengths, prompt)
        torch.extend(whole, [at, prompt])
        longest[0] = ops.prim.max(longest[0], prompt)
      at = at + prompt
      s = s + 1
      for i in range(n):
        tokens = segments[s]
        if tokens > 0:
          torch.extend(numbers, [1, torch.floordiv(torch.len(own), 2), at])
          torch.append(lengths, tokens)
          torch.extend(own, [at, tokens])
          torch.extend(prompts, [start, prompt])
          longest[1] = ops.prim.max(longest[1], tokens)
          longest[2] = ops.prim.max(longest[2], prompt)
        at = at + tokens
        s = s + 1
    first = torch.floordiv(torch.len(whole), 2) * longest[0]
    of = (self).table(numbers, 3)
    base = torch.where(of[:, 0] == 0, of[:, 1] * longest[0], of[:, 1] * longest[1] + first) - of[:, 2]
    order = torch.repeat_interleave(base, (self).table(lengths, 1).flatten()) + torch.arange(at, device=torch.device("cpu"))
    rows = (self).spans((self).table(whole, 2), longest[0])
    columns = (self).spans((self).table(own, 2), longest[1])
    seen = torch.cat([(self).spans((self).table(prompts, 2), longest[2]), columns], 1)
    return [(self).beside(order, like), (self).beside(rows, like), (self).whole_mask(longest[0], window, like), (self).beside(columns, like), (self).beside(seen, like), (self).after_mask((self).table(prompts, 2)[:, 1], longest[2], longest[1], window, like)]

  # Numbers as rows of a host tensor.
  def table(self: __torch__.Transformer, numbers: List[int], columns: int) -> Tensor:
    return torch.tensor(numbers, dtype=4, device=torch.device("cpu")).view([-1, columns])

  # Of rows (start, length) the places start, start + 1, … [S, n], the last again where there are fewer.
  def spans(self: __torch__.Transformer, of: Tensor, n: int) -> Tensor:
    steps = torch.arange(n, device=torch.device("cpu")).unsqueeze(0)
    return of[:, 0:1] + torch.minimum(steps, torch.clamp_min(of[:, 1:2] - 1, 0))

  # Of n tokens after nothing; empty where causal attention is the same.
  def whole_mask(self: __torch__.Transformer, n: int, window: int, like: Tensor) -> Tensor:
    if window > 0 and n > window:
      mask = torch.triu(torch.full([n, n], -inf, dtype=like.dtype, device=ops.prim.device(like)), 1)
      _0 = torch.add_(mask, torch.tril(torch.full([n, n], -inf, dtype=like.dtype, device=ops.prim.device(like)), -window))
    else:
      mask = torch.empty([0], device=ops.prim.device(like))
    return mask

  # Of n tokens after prompts of these lengths [S], which are filled up to `most`: [S, 1, n, most + n].
  def after_mask(self: __torch__.Transformer, prompts: Tensor, most: int, n: int, window: int, like: Tensor) -> Tensor:
    length = (self).beside(prompts, like).view([-1, 1, 1])
    query = torch.arange(n, device=ops.prim.device(like)).view([1, -1, 1])
    key = torch.arange(most, device=ops.prim.device(like)).view([1, 1, -1])
    hidden = torch.__or__(key >= length, query < 0)
    later = torch.arange(n, device=ops.prim.device(like)).view([1, 1, -1])
    after = torch.__or__(later > query, length < 0)
    if window > 0:
      hidden = torch.__or__(hidden, key <= length + query - window)
      after = torch.__or__(after, later <= query - window)
    both = torch.cat([hidden, after], 2).unsqueeze(1)
    return torch.masked_fill(torch.zeros([torch.size(both, 0), 1, n, most + n], dtype=like.dtype, device=ops.prim.device(like)), both, -inf)

  def attend(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, segments: List[int], trees: List[int], attention_masks: List[Tensor]) -> Tensor:
    ks = (self).repeated(k)
    vs = (self).repeated(v)
    outs = annotate(List[Tensor], [])
    if torch.numel(attention_masks[1]) > 0:
      torch.append(outs, (self).padded(q, ks, vs, attention_masks[1], attention_masks[1], attention_masks[2]))
    if torch.numel(attention_masks[3]) > 0:
      torch.append(outs, (self).padded(q, ks, vs, attention_masks[3], attention_masks[4], attention_masks[5]))
    return torch.index_select(torch.cat(outs), 0, attention_masks[0])

  # Attention of the tokens `rows` [S, T] over the tokens `columns` [S, U]: [S T, H D].
  def padded(self: __torch__.Transformer, q: Tensor, k: Tensor, v: Tensor, rows: Tensor, columns: Tensor, given: Tensor) -> Tensor:
    attention_mask = annotate(Optional[Tensor], given if torch.numel(given) > 0 else None)
    o = (self).attention((self).gathered(q, rows), (self).gathered(k, columns), (self).gathered(v, columns), attention_mask, torch.__is__(attention_mask, None))
    return o.transpose(1, 2).reshape([torch.numel(rows), -1])

  def gathered(self: __torch__.Transformer, x: Tensor, tokens: Tensor) -> Tensor:
    taken = torch.index_select(x, 0, torch.flatten(tokens))
    return taken.view([torch.size(tokens, 0), torch.size(tokens, 1), self.heads, self.head_size]).transpose(1, 2)

  # The rotary angles of all positions of a decoding call.
  def rotary_table(self: __torch__.Transformer, positions: int, like: Tensor) -> List[Tensor]:
    cos, sin = (self).rotary(torch.arange(positions, device=ops.prim.device(like)))
    return [cos, sin]

  def rotary_of(self: __torch__.Transformer, table: List[Tensor], positions: Tensor) -> Tuple[Tensor, Tensor]:
    along = 0 if torch.dim(table[0]) < 3 else -3
    return (torch.index_select(table[0], along, positions), torch.index_select(table[1], along, positions))
