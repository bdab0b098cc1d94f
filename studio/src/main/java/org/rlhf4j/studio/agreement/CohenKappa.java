package org.rlhf4j.studio.agreement;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Cohen's κ of two annotators (Cohen 1960, equation 1): with p_o the share of items on which they
 * agree and p_e the share on which they would if each kept only how often they use each category,
 *
 * <pre>
 *   κ = (p_o − p_e) / (1 − p_e)
 * </pre>
 */
public final class CohenKappa {

  private CohenKappa() {}

  /**
   * The coefficient.
   *
   * @param first the categories of one annotator, by item
   * @param second those of the other, as many
   * @return at most 1; NaN without items, or where both use a single category and the same
   */
  public static double of(List<String> first, List<String> second) {
    if (first.size() != second.size()) {
      throw new IllegalArgumentException("both annotators need the same items");
    }
    double items = first.size();
    Map<String, Integer> ofFirst = new HashMap<>();
    Map<String, Integer> ofSecond = new HashMap<>();
    int same = 0;
    for (int i = 0; i < first.size(); i++) {
      ofFirst.merge(first.get(i), 1, Integer::sum);
      ofSecond.merge(second.get(i), 1, Integer::sum);
      same += first.get(i).equals(second.get(i)) ? 1 : 0;
    }
    double expected = 0;
    for (Map.Entry<String, Integer> category : ofFirst.entrySet()) {
      expected += category.getValue() / items * ofSecond.getOrDefault(category.getKey(), 0) / items;
    }
    return (same / items - expected) / (1 - expected);
  }
}
