package org.rlhf4j.dpo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** log π_ref(y): of each row one number for each of its completions. */
public final class ReferenceLogprobs {

  /** Rows whose token ids lie in memory at once. */
  private static final int CHUNK = 1024;

  private ReferenceLogprobs() {}

  /**
   * Computes them.
   *
   * @param reference the reference as it stands
   * @param rows comparisons
   * @param tokenBudget tokens that go through the network at once
   * @return for each row, in order, Σ_t log π_ref(y_t | x, y_&lt;t) of each completion
   */
  public static List<float[]> of(
      LanguageModel reference, List<? extends TrainingRow> rows, int tokenBudget) {
    return of(reference, rows, tokenBudget, new StopFlag());
  }

  /**
   * Computes them, unless it is asked to stop.
   *
   * @param stop looked at between micro-batches
   * @throws StoppedException by {@code stop}
   */
  static List<float[]> of(
      LanguageModel reference, List<? extends TrainingRow> rows, int tokenBudget, StopFlag stop) {
    List<float[]> all = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += CHUNK) {
      List<? extends TrainingRow> chunk = rows.subList(from, Math.min(rows.size(), from + CHUNK));
      List<float[]> sums = new ArrayList<>(Collections.nCopies(chunk.size(), null));
      for (ComparedTokens batch : stop.over(ComparedTokens.pack(chunk, false, tokenBudget))) {
        float[] logprobs = reference.logprobs(batch.tokens(), 1).logprobs();
        batch.spread(batch.sums(logprobs), chunk, sums);
      }
      all.addAll(sums);
    }
    return all;
  }

  /**
   * Loads a reference.
   *
   * @param folder a model folder, one of an adapter, or a run directory of ours
   * @param policy the policy, whose tokens it has to read; what both compute with is shared
   * @return the reference, frozen
   * @throws UserException where its tokenizer is another
   */
  public static LanguageModel load(Path folder, LanguageModel policy) {
    LanguageModel reference = LanguageModel.load(folder, policy);
    if (!reference.tokenizer().hash().equals(policy.tokenizer().hash())) {
      reference.close();
      throw new UserException(
          folder
              + ": its tokenizer is different from the policy's, but it must read the policy's"
              + " tokens");
    }
    return reference;
  }

  /**
   * What stands for them where there is no reference: every completion is as likely as another.
   *
   * @param rows comparisons
   * @return zeros
   */
  public static List<float[]> none(List<? extends TrainingRow> rows) {
    return rows.stream().map(row -> new float[row.tree().completions().size()]).toList();
  }
}
