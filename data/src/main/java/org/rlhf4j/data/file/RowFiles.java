package org.rlhf4j.data.file;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.settings.UsageException;

/**
 * Data files that are read one after the other.
 *
 * @param files the files
 * @param weights how many times an epoch takes the rows of each; empty: once. A fraction takes that
 *     share of them, those whose text's hash falls in it
 * @param format how their rows are written
 */
public record RowFiles(List<Path> files, List<Double> weights, RowFormat format) {

  private static final double MOST = 1000;

  /** Checks the weights. */
  public RowFiles {
    files = List.copyOf(files);
    weights = List.copyOf(weights);
    if (!weights.isEmpty() && weights.size() != files.size()) {
      throw new UsageException(
          "data-weights: "
              + weights.size()
              + " weights for "
              + files.size()
              + " files; give one for each --data, in their order");
    }
    for (double weight : weights) {
      if (!(weight > 0 && weight <= MOST)) {
        throw new UsageException(
            "data-weights: " + weight + " is out of range; give more than 0 and at most 1000");
      }
    }
  }

  /**
   * Files of which each row is taken once.
   *
   * @param files the files
   * @param format how their rows are written
   * @return the files
   */
  public static RowFiles of(List<Path> files, RowFormat format) {
    return new RowFiles(files, List.of(), format);
  }

  /**
   * The weight of a file.
   *
   * @param index of the file
   * @return above 0
   */
  public double weight(int index) {
    return weights.isEmpty() ? 1 : weights.get(index);
  }
}
