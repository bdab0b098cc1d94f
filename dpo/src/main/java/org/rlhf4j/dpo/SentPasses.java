package org.rlhf4j.dpo;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.slice.Probe;

/** The passes of a run at the process that they are sent to. */
final class SentPasses implements AutoCloseable {
  private final PolicyPasses passes;
  private final Path referenceModel; // null where the policy is its own
  private LanguageModel reference; // of that folder, from its first rows to the first update

  SentPasses(PolicyPasses passes, Path referenceModel) {
    this.passes = passes;
    this.referenceModel = referenceModel;
  }

  /**
   * Some comparisons of a step.
   *
   * @param rows the comparisons
   * @param refLogprobs for each row log π_ref of each completion
   */
  record Sent(SentRow[] rows, float[][] refLogprobs) implements Serializable {}

  DpoTotals of(Sent sent, int rowsOfStep, int likely) {
    close();
    return passes.of(
        List.of(sent.rows()), List.of(sent.refLogprobs()), rowsOfStep, likely, new StopFlag());
  }

  /**
   * The reference's log-probabilities of some rows.
   *
   * @param rows comparisons
   * @param probe what the trainer computes with the reference; null where the policy is its own
   */
  ArrayList<float[]> reference(SentRow[] rows, Probe probe) {
    if (probe != null && reference == null) {
      reference = ReferenceLogprobs.load(referenceModel, passes.model());
      probe.requireSame(Probe.of(reference));
    }
    return new ArrayList<>(passes.reference(reference, List.of(rows), new StopFlag()));
  }

  /** Frees the reference. */
  @Override
  public void close() {
    if (reference != null) {
      reference.close();
      reference = null;
    }
  }
}
