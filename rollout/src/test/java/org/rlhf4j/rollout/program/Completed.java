package org.rlhf4j.rollout.program;

import java.util.Map;
import java.util.stream.IntStream;

/** Completions to judge, of a row that asks for something. */
final class Completed {
  private Completed() {}

  static CompletedPrompt of(String completion, String answer) {
    return new CompletedPrompt("How many?", completion, new int[] {5}, true, answer, Map.of());
  }

  /** One of so many tokens, all of them different. */
  static CompletedPrompt ofTokens(int tokens) {
    return ofIds(IntStream.range(0, tokens).toArray());
  }

  static CompletedPrompt ofIds(int... ids) {
    return new CompletedPrompt("How many?", "", ids, false, null, Map.of());
  }
}
