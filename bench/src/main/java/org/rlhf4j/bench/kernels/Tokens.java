package org.rlhf4j.bench.kernels;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;

/** Input for the kernels: random ids, the same each time. */
final class Tokens {
  private Tokens() {}

  /** Texts of one length, every token but each first one predicted. */
  static PackedTokens texts(int vocabulary, int rows, int length) {
    return PackedTokens.of(
        ids(vocabulary, rows, length).stream().map(ids -> TokenTree.of(new int[0], ids)).toList());
  }

  /** Rows of random ids. */
  static List<int[]> ids(int vocabulary, int rows, int length) {
    SplittableRandom random = new SplittableRandom(1);
    return IntStream.range(0, rows)
        .mapToObj(row -> random.ints(length, 0, vocabulary).toArray())
        .toList();
  }
}
