package org.rlhf4j.dpo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.split.SplitRows;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.run.RunDirectory;

/**
 * The reference of a run: its log-probabilities of all rows, computed before the first update and
 * kept in the run's folder. The policy as the run begins is its own reference (with an adapter that
 * is its base, or the adapter as it began), so no second network is needed; {@code
 * --reference-model} is loaded for as long as they are computed.
 */
final class RunReference implements AutoCloseable {

  private static final String FILE = "reference.safetensors";

  private final DpoConfig config;
  private final List<TrainingRow> rows;
  private final int training;
  private final ReferenceFile file;
  private LanguageModel other; // null where the policy is its own, and once it has done its work
  private List<float[]> refLogprobs; // of the training rows, then of those held out

  private RunReference(DpoConfig config, SplitRows rows, ReferenceFile file, LanguageModel other) {
    this.config = config;
    this.training = rows.training().size();
    this.rows = new ArrayList<>(rows.training());
    this.rows.addAll(rows.heldOut().rows());
    this.file = file;
    this.other = other;
  }

  /**
   * Opens the reference. Nothing is computed yet.
   *
   * @param config the run's
   * @param policy as the run begins
   * @param rows the run's
   * @param run its folder
   * @throws UserException where {@code --reference-model} can't read the policy's tokens
   */
  static RunReference open(
      DpoConfig config, LanguageModel policy, SplitRows rows, RunDirectory run) {
    ReferenceFile file = new ReferenceFile(run.folder().resolve(FILE));
    boolean isNeeded = config.referenceModel() != null && !file.exists();
    return new RunReference(config, rows, file, isNeeded ? load(config, policy) : null);
  }

  private static LanguageModel load(DpoConfig config, LanguageModel policy) {
    LanguageModel reference = ReferenceLogprobs.load(config.referenceModel(), policy);
    int positions = reference.config().dimensions().positions();
    if (positions < config.data().maxLength()) {
      reference.close();
      throw new UserException(
          config.referenceModel()
              + ": it reads at most "
              + positions
              + " tokens; lower --max-length, which is "
              + config.data().maxLength());
    }
    return reference;
  }

  /** log π_ref of a training row's completions; {@link #compute} comes first. */
  float[] ofTraining(int row) {
    return refLogprobs.get(row);
  }

  /** log π_ref of the held-out rows' completions; {@link #compute} comes first. */
  List<float[]> ofHeldOut() {
    return refLogprobs.subList(training, refLogprobs.size());
  }

  /**
   * Computes the log-probabilities, or reads those that the run computed before. Has to be called
   * while the policy is what the run began with; later calls do nothing.
   *
   * @param passes compute them
   * @param stop looked at between micro-batches
   * @throws StoppedException by {@code stop}; nothing is kept of what was computed
   */
  void compute(DpoPasses passes, StopFlag stop) throws IOException {
    if (refLogprobs != null) {
      return;
    }
    if (!config.dpo().hasReference()) {
      refLogprobs = ReferenceLogprobs.none(rows);
    } else if (file.exists()) {
      refLogprobs = file.read(rows);
    } else {
      refLogprobs = passes.reference(other, rows, stop);
      file.write(rows, refLogprobs);
    }
    close();
  }

  /** The rows whose log-probabilities are still to be computed. */
  int rowsToCompute() {
    return config.dpo().hasReference() && !file.exists() ? rows.size() : 0;
  }

  /** What it takes of the memory beside the policy. */
  Optional<RunPlan.Part> memory() {
    return Optional.ofNullable(other)
        .map(one -> RunPlan.Part.frozen("reference, until step 1", one.parameters()));
  }

  /** Frees the reference's network. */
  @Override
  public void close() {
    if (other != null) {
      other.close();
      other = null;
    }
  }
}
