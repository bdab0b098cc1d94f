package org.rlhf4j.data.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A text's MinHash (Broder 1997): two texts agree in each number with the probability of the
 * Jaccard index of their shingles, so the share of numbers in which two sketches agree estimates
 * it. Shingles are runs of three words, in lower case and without what stands between words; of a
 * shorter text all its words together; an ideograph is a word. Of each minimum 16 bits are kept.
 */
final class PromptSketch {

  /** Numbers of a sketch. */
  static final int NUMBERS = 32;

  /** From how many equal numbers on two texts are near-duplicates: an estimated index of 0.8. */
  static final int NEAR = 26;

  private static final int WORDS = 3;
  private static final long SEED = 0x9E3779B97F4A7C15L;

  private PromptSketch() {}

  /** Sketches a text; a text without words has no sketch. */
  static Optional<short[]> of(String text) {
    long[] shingles = shingles(text);
    if (shingles.length == 0) {
      return Optional.empty();
    }
    short[] sketch = new short[NUMBERS];
    for (int number = 0; number < NUMBERS; number++) {
      long key = SEED * (number + 1);
      long least = -1; // unsigned: the largest
      for (long shingle : shingles) {
        long hash = TextHashes.mix(shingle ^ key);
        least = Long.compareUnsigned(hash, least) < 0 ? hash : least;
      }
      sketch[number] = (short) least;
    }
    return Optional.of(sketch);
  }

  /** In how many numbers two sketches agree. */
  static int agreement(short[] one, short[] other) {
    int equal = 0;
    for (int i = 0; i < NUMBERS; i++) {
      equal += one[i] == other[i] ? 1 : 0;
    }
    return equal;
  }

  /** The hashes of a text's shingles, each once. */
  static long[] shingles(String text) {
    long[] words = words(text);
    int length = Math.min(WORDS, words.length);
    if (length == 0) {
      return words;
    }
    long[] shingles = new long[words.length - length + 1];
    for (int i = 0; i < shingles.length; i++) {
      for (int word = i; word < i + length; word++) {
        shingles[i] = TextHashes.then(shingles[i], words[word]);
      }
    }
    return Arrays.stream(shingles).distinct().toArray();
  }

  private static long[] words(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    List<Long> words = new ArrayList<>();
    int start = 0;
    int at = 0;
    while (at < lower.length()) {
      int code = lower.codePointAt(at);
      int next = at + Character.charCount(code);
      boolean alone = Character.isIdeographic(code);
      if (alone || !Character.isLetterOrDigit(code)) {
        addWord(words, lower, start, at);
        addWord(words, lower, alone ? at : next, next);
        start = next;
      }
      at = next;
    }
    addWord(words, lower, start, at);
    return words.stream().mapToLong(Long::longValue).toArray();
  }

  private static void addWord(List<Long> words, String text, int from, int to) {
    if (from < to) {
      words.add(TextHashes.of(text, from, to));
    }
  }
}
