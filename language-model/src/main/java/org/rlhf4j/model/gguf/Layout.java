package org.rlhf4j.model.gguf;

/** How a tensor lies in a GGUF file, beside a checkpoint of transformers. */
enum Layout {
  /** As in the checkpoint. */
  SAME,
  /**
   * Rows of a head turned in pairs of neighbours: row 2i + s of a head is the checkpoint's s D/2 +
   * i. Queries.
   */
  QUERY_PAIRS,
  /** Likewise, of key heads. */
  KEY_PAIRS,
  /** All queries, all keys, all values; the checkpoint has the three of a head side by side. */
  BY_KIND,
  /** The transpose. */
  TRANSPOSED,
  /** 1 + w. */
  PLUS_ONE,
  /** One tensor in fp32 with a row for each head; the checkpoint has a vector for each. */
  BY_HEAD,
  /** As in the checkpoint, always in fp32: learnt positions. */
  SINGLE
}
