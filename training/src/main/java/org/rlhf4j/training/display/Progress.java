package org.rlhf4j.training.display;

import java.util.Locale;
import org.rlhf4j.training.run.Metrics;

/**
 * How far a run is: a step that was made.
 *
 * @param stage what runs, such as {@code sft}
 * @param step the step, from 1
 * @param steps steps of the run in all
 * @param metrics what the step measured, under the names that {@code metrics.jsonl} has
 */
public record Progress(String stage, int step, int steps, Metrics metrics) {

  /**
   * A number of this step.
   *
   * @param metric its name in {@code metrics.jsonl}
   * @return the number; NaN where this step didn't measure it
   */
  public double get(String metric) {
    return metrics.get(metric).orElse(Double.NaN);
  }

  /** A line such as {@code sft 40/100, loss 3.218}, with one of its metrics. */
  public String line(String metric) {
    return String.format(Locale.ROOT, "%s %d/%d, %s %.4g", stage, step, steps, metric, get(metric));
  }
}
