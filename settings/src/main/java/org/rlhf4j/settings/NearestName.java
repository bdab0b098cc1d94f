package org.rlhf4j.settings;

import java.util.Collection;
import java.util.Optional;

/** The known name that a mistyped one most likely means. */
public final class NearestName {

  private NearestName() {}

  /**
   * Finds the known name with the fewest changed letters; the first of equals.
   *
   * @return empty only where nothing is known
   */
  public static Optional<String> of(String written, Collection<String> known) {
    String name = written.replace('_', '-');
    String nearest = null;
    int fewest = Integer.MAX_VALUE;
    for (String candidate : known) {
      int changes = distance(name, candidate);
      if (changes < fewest) {
        fewest = changes;
        nearest = candidate;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** Levenshtein's distance: insertions, deletions and replacements that lead from a to b. */
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
