package org.rlhf4j.data.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;

/**
 * Packed tokens of demonstrations, and which of their tokens the loss is computed on.
 *
 * @param tokens what the network sees
 * @param completionMask for each predicted token whether it is trained on [M]
 */
public record TrainedTokens(PackedTokens tokens, boolean[] completionMask) {

  /**
   * Groups rows into micro-batches.
   *
   * @param rows prompts with one completion each
   * @param tokenBudget tokens that go through the network at once
   * @return all rows, each in one of them
   */
  public static List<TrainedTokens> pack(List<? extends TrainingRow> rows, int tokenBudget) {
    List<TokenTree> trees = rows.stream().map(TrainingRow::tree).toList();
    List<TrainedTokens> microBatches = new ArrayList<>();
    for (int[] group : MicroBatches.of(trees, tokenBudget)) {
      microBatches.add(of(Arrays.stream(group).mapToObj(rows::get).toList()));
    }
    return microBatches;
  }

  private static TrainedTokens of(List<? extends TrainingRow> rows) {
    PackedTokens tokens = PackedTokens.of(rows.stream().map(TrainingRow::tree).toList());
    boolean[] completionMask = new boolean[tokens.predicted()];
    int start = 0;
    for (TrainingRow row : rows) {
      int unpredicted = row.tree().prompt().length == 0 ? 1 : 0; // the first token of all
      int length = row.completionMask().length - unpredicted;
      System.arraycopy(row.completionMask(), unpredicted, completionMask, start, length);
      start += length;
    }
    return new TrainedTokens(tokens, completionMask);
  }

  /** The number of tokens that are trained on. */
  public int trained() {
    int trained = 0;
    for (boolean one : completionMask) {
      trained += one ? 1 : 0;
    }
    return trained;
  }

  /** A gradient by each log-probability: the given one where a token is trained on, else 0. */
  public float[] gradients(float each) {
    float[] gradients = new float[completionMask.length];
    for (int i = 0; i < gradients.length; i++) {
      gradients[i] = completionMask[i] ? each : 0;
    }
    return gradients;
  }

  /** The sum of the log-probabilities of the tokens that are trained on. */
  public double sum(float[] logprobs) {
    double sum = 0;
    for (int i = 0; i < logprobs.length; i++) {
      sum += completionMask[i] ? logprobs[i] : 0;
    }
    return sum;
  }
}
