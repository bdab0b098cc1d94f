package org.rlhf4j.data.report;

import java.util.Arrays;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Row;

/**
 * A set of texts, held as 64-bit hashes: 8 to 24 bytes a text. Two texts of n count as the same by
 * chance with a probability of about n² / 2⁶⁵, below one in a million for five million texts.
 */
public final class TextHashes {

  private static final long BASIS = 0xCBF29CE484222325L;
  private static final long PRIME = 0x100000001B3L;

  private long[] table = new long[16]; // 0: free
  private int size;

  /** Adds a hash; tells whether it wasn't there. */
  boolean add(long hash) {
    long key = hash == 0 ? 1 : hash;
    if (3L * (size + 1) > 2L * table.length) {
      grow();
    }
    int slot = slot(table, key);
    if (table[slot] == key) {
      return false;
    }
    table[slot] = key;
    size++;
    return true;
  }

  boolean contains(long hash) {
    long key = hash == 0 ? 1 : hash;
    return table[slot(table, key)] == key;
  }

  int size() {
    return size;
  }

  /** The hash of a text: FNV-1a over its UTF-16 units, then mixed. */
  static long of(CharSequence text) {
    return of(text, 0, text.length());
  }

  /**
   * The hash of all of a row's text.
   *
   * @param row the row
   * @return a hash that another row of the same texts has too
   */
  public static long of(Row row) {
    long hash = of(row.prompt());
    if (row instanceof Demonstration demonstration) {
      hash = then(hash, of(demonstration.completion()));
    } else if (row instanceof Comparison comparison) {
      for (String completion : comparison.completions()) {
        hash = then(hash, of(completion));
      }
    }
    return hash;
  }

  /** The hash of a part of a text. */
  static long of(CharSequence text, int from, int to) {
    long hash = BASIS;
    for (int i = from; i < to; i++) {
      hash = (hash ^ text.charAt(i)) * PRIME;
    }
    return mix(hash);
  }

  /** The hash of one thing after another. */
  static long then(long hash, long next) {
    return mix(hash * PRIME + next);
  }

  /** SplitMix64's output function (Steele, Lea and Flood 2014). */
  static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private void grow() {
    long[] larger = new long[2 * table.length];
    Arrays.stream(table).filter(key -> key != 0).forEach(key -> larger[slot(larger, key)] = key);
    table = larger;
  }

  private static int slot(long[] table, long key) {
    int slot = (int) key & (table.length - 1);
    while (table[slot] != 0 && table[slot] != key) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }
}
