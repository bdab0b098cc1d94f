package org.rlhf4j.cli.rows;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.tokenizer.Tokenizer;

/** Where completions end: at a stop id, at their limit, or before a text. */
final class Ending {

  private final Tokenizer tokenizer;
  private final List<String> stops;

  /**
   * A completion as it is written.
   *
   * @param text without special tokens and without the text that ended it
   * @param ids the stop id included, or the token that completed the text that ended it
   * @param reason {@code eos}, {@code length} or {@code stop}
   */
  record Ended(String text, int[] ids, String reason) {

    /** Whether a text ended it. */
    boolean stopped() {
      return reason.equals("stop");
    }
  }

  Ending(Tokenizer tokenizer, List<String> stops) {
    this.tokenizer = tokenizer;
    this.stops = stops;
  }

  /** Whether the tokens' text holds a stop text. */
  boolean reached(int[] ids) {
    if (stops.isEmpty()) {
      return false;
    }
    String text = tokenizer.decodeContinuation(ids);
    return first(text) < text.length();
  }

  /** Cuts a completion before the first of the stop texts that it comes to. */
  Ended of(Sampled sampled) {
    int[] ids = sampled.ids();
    if (!reached(ids)) {
      String text = tokenizer.decodeContinuation(ids);
      return new Ended(text, ids, sampled.ended() ? "eos" : "length");
    }
    int[] reached = Arrays.copyOf(ids, tokensUntilStop(ids));
    String text = tokenizer.decodeContinuation(reached);
    return new Ended(text.substring(0, first(text)), reached, "stop");
  }

  /** The fewest tokens whose text holds a stop text. */
  private int tokensUntilStop(int[] ids) {
    int without = 0;
    int with = ids.length;
    while (with - without > 1) {
      int middle = (without + with) / 2;
      if (reached(Arrays.copyOf(ids, middle))) {
        with = middle;
      } else {
        without = middle;
      }
    }
    return with;
  }

  /** Where the first stop text begins; the text's length where there is none. */
  private int first(String text) {
    return stops.stream().mapToInt(text::indexOf).filter(at -> at >= 0).min().orElse(text.length());
  }
}
