package org.rlhf4j.data.split;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.report.PromptOverlap;
import org.rlhf4j.settings.UserException;

/**
 * What is known of a run's rows after one pass over them: {@link SplitReader}.
 *
 * @param training what became of the rows to train on; the bad rows of the data stand here
 * @param heldOut what became of the rows to evaluate on
 * @param overlap prompts on both sides
 */
public record SplitReport(DataReport training, DataReport heldOut, PromptOverlap overlap) {

  /**
   * Stops a run that has nothing to train on, or would lose too many rows on either side.
   *
   * @param maxDropped the largest share of the rows read that may be dropped, 0 to 1
   * @throws UserException where that is so
   */
  public void require(double maxDropped) {
    training.requireRows();
    training.limit(maxDropped);
    heldOut.limit(maxDropped);
  }

  /**
   * Says it all, for the reader at the terminal.
   *
   * @return lines without line breaks
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(training.lines("training rows"));
    if (heldOut.read() > 0) {
      lines.addAll(heldOut.lines("held-out rows"));
      lines.add("prompts on both sides: " + overlap.text());
    }
    return lines;
  }
}
