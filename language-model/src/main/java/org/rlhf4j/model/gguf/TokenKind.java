package org.rlhf4j.model.gguf;

import java.util.Collections;
import java.util.List;

/** What kind of token each of a vocabulary is ({@code tokenizer.ggml.token_type}). */
enum TokenKind {
  /** A piece of text. */
  NORMAL,
  /** Stands for what isn't in the vocabulary. */
  UNKNOWN,
  /** Has a meaning of its own, such as the end of a turn, and isn't shown. */
  CONTROL,
  /** A text that is one token wherever it stands. */
  USER_DEFINED,
  /** Fills the vocabulary up. */
  UNUSED,
  /** A byte of text that has no other token. */
  BYTE;

  /** The number that stands for it in files. */
  int number() {
    return ordinal() + 1;
  }

  /** The kinds of a file's tokens: all normal where it doesn't say. */
  static List<TokenKind> of(GgufMetadata metadata, int tokens) {
    String key = "tokenizer.ggml.token_type";
    if (!metadata.has(key)) {
      return Collections.nCopies(tokens, NORMAL);
    }
    List<Integer> numbers = metadata.wholes(key);
    if (numbers.size() != tokens) {
      throw metadata.unfit(key, "one number for each of " + tokens + " tokens");
    }
    for (int number : numbers) {
      if (number < 1 || number > values().length) {
        throw metadata.unfit(key, "numbers from 1 to " + values().length);
      }
    }
    return numbers.stream().map(number -> values()[number - 1]).toList();
  }
}
