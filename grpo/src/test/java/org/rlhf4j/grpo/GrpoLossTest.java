package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlEstimator;

class GrpoLossTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Groups of 2 and 3 completions, 20 tokens in all, at most 10 each. */
  private static final GrpoLoss.Counts COUNTS = new GrpoLoss.Counts(2, new int[] {2, 3}, 5, 20, 10);

  @ParameterizedTest
  @CsvSource({
    // 1 / (2 groups · 2 completions · 4 tokens), 1 / (2 · 3 · 5)
    "GRPO, 0.0625, 0.0333333333",
    // 1 / 20 tokens
    "DAPO, 0.05, 0.05",
    // 1 / (5 completions · 10)
    "DR_GRPO, 0.02, 0.02",
    "GSPO, 0.0625, 0.0333333333",
    "SEQUENCE, 0.0625, 0.0333333333",
    "CISPO, 0.05, 0.05"
  })
  void handWorkedWeights(GrpoLoss loss, double ofFour, double ofFive) {
    assertThat(loss.weight(COUNTS, 0, 4)).isCloseTo(ofFour, within(1e-9));
    assertThat(loss.weight(COUNTS, 1, 5)).isCloseTo(ofFive, within(1e-9));
  }

  /** A completion's own KL is a sum over its tokens where it is one action, else as the loss. */
  @Test
  void handWorkedTokenWeights() {
    // 1 / (2 groups · 2 completions), 1 / (2 · 3), whatever the length
    assertThat(GrpoLoss.SEQUENCE.tokenWeight(COUNTS, 0, 4)).isCloseTo(0.25, within(1e-9));
    assertThat(GrpoLoss.SEQUENCE.tokenWeight(COUNTS, 1, 5)).isCloseTo(1 / 6.0, within(1e-9));
    for (GrpoLoss loss : GrpoLoss.values()) {
      if (loss != GrpoLoss.SEQUENCE) {
        assertThat(loss.tokenWeight(COUNTS, 1, 5)).isEqualTo(loss.weight(COUNTS, 1, 5));
      }
    }
  }

  /** A loss of 1 at every token sums to 1: the weights are those of a mean. */
  @Test
  void weightsSumToOneWhereLengthsAreFull() {
    int[] lengths = {4, 1, 7, 5, 3};
    int[] groups = {0, 0, 1, 1, 1};
    for (GrpoLoss loss : List.of(GrpoLoss.GRPO, GrpoLoss.DAPO, GrpoLoss.GSPO)) {
      double sum = 0;
      for (int i = 0; i < lengths.length; i++) {
        sum += lengths[i] * loss.weight(COUNTS, groups[i], lengths[i]);
      }
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
    double full = 0;
    for (int group : groups) {
      full += 10 * GrpoLoss.DR_GRPO.weight(COUNTS, group, 10);
    }
    assertThat(full).isCloseTo(1, within(1e-12));
  }

  /** The formula's own loops over groups, completions and tokens. */
  @Test
  void weighedSumsAreTheFormulas() {
    Rollout rollout = rollout();
    float[][] x = numbers(rollout);
    double meanOfMeans = 0;
    double sum = 0;
    int i = 0;
    for (RolloutGroup group : rollout.groups()) {
      for (int member = 0; member < group.completions().size(); member++, i++) {
        double ofCompletion = 0;
        for (float number : x[i]) {
          ofCompletion += number;
        }
        sum += ofCompletion;
        meanOfMeans +=
            ofCompletion / x[i].length / group.completions().size() / rollout.groups().size();
      }
    }
    assertThat(weighed(GrpoLoss.GRPO, rollout, x, 4096)).isCloseTo(meanOfMeans, within(1e-6));
    assertThat(weighed(GrpoLoss.DAPO, rollout, x, 4096))
        .isCloseTo(sum / rollout.tokens(), within(1e-6));
    assertThat(weighed(GrpoLoss.DR_GRPO, rollout, x, 4096))
        .isCloseTo(sum / (rollout.size() * 16), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource
  void microBatchesNeverChangeTheSum(GrpoLoss loss) {
    Rollout rollout = rollout();
    float[][] x = numbers(rollout);
    double whole = weighed(loss, rollout, x, 4096);
    for (int tokenBudget : new int[] {1, 10, 17, 30}) {
      assertThat(weighed(loss, rollout, x, tokenBudget)).isCloseTo(whole, within(1e-6));
    }
  }

  /** The control: a mean of the micro-batches' means depends on how they were cut. */
  @Test
  void aMeanOfMicroBatchMeansWouldChange() {
    Rollout rollout = rollout();
    float[][] x = numbers(rollout);
    double mean = 0;
    List<RolloutMicroBatch> batches = RolloutMicroBatch.of(rollout, i -> true, 17);
    for (RolloutMicroBatch batch : batches) {
      float[] flat = batch.flat(x);
      double sum = 0;
      for (float number : flat) {
        sum += number;
      }
      mean += sum / flat.length / batches.size();
    }
    assertThat(batches.size()).isGreaterThan(2);
    assertThat(mean).isNotCloseTo(weighed(GrpoLoss.DAPO, rollout, x, 4096), within(1e-2));
  }

  private static double weighed(GrpoLoss loss, Rollout rollout, float[][] x, int tokenBudget) {
    Advantages advantages = GroupAdvantages.GROUP.start();
    double[] weights =
        GroupExperience.of(rollout, rollout.scores(), 0, KlEstimator.K3, advantages, false, 16, 2)
            .weights(loss);
    double sum = 0;
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      float[] flat = batch.flat(x);
      float[] spread = batch.spread(weights);
      for (int t = 0; t < flat.length; t++) {
        sum += (double) flat[t] * spread[t];
      }
    }
    return sum;
  }

  private static Rollout rollout() {
    Random random = new Random(4);
    List<RolloutGroup> groups = new ArrayList<>();
    for (int[] lengths : new int[][] {{5, 3, 7}, {1, 2}, {11, 4, 4, 9}}) {
      List<Completion> completions = new ArrayList<>();
      for (int length : lengths) {
        int[] ids = random.ints(length, 3, 97).toArray();
        completions.add(new Completion(ids, true, "", random.nextGaussian(), null, null, null));
      }
      groups.add(new RolloutGroup(groups.size(), null, new int[] {5, 6}, null, completions));
    }
    return new Rollout(groups);
  }

  private static float[][] numbers(Rollout rollout) {
    Random random = new Random(5);
    float[][] numbers = new float[rollout.size()][];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = new float[rollout.completions().get(i).length()];
      for (int t = 0; t < numbers[i].length; t++) {
        numbers[i][t] = (float) random.nextGaussian() + i;
      }
    }
    return numbers;
  }

  /** Completions of 2 and 3 tokens, the second with the prompt that it shares. */
  private static PackedTokens twoAndThree() {
    return PackedTokens.of(
        List.of(new TokenTree(new int[] {5}, List.of(new int[] {6, 7}, new int[] {8, 9, 10}))));
  }

  @Test
  void handWorkedSequenceRatio() {
    NDArray tokens = manager.create(new float[] {0.2f, 0.4f, -0.3f, 0, 0.6f});
    // (0.2 + 0.4) / 2 and (−0.3 + 0 + 0.6) / 3
    assertThat(GrpoLoss.GSPO.logRatios(tokens, twoAndThree()).toFloatArray())
        .containsExactly(new float[] {0.3f, 0.3f, 0.1f, 0.1f, 0.1f}, within(1e-6f));
    // 0.2 + 0.4 and −0.3 + 0 + 0.6: the product of the ratios
    assertThat(GrpoLoss.SEQUENCE.logRatios(tokens, twoAndThree()).toFloatArray())
        .containsExactly(new float[] {0.6f, 0.6f, 0.3f, 0.3f, 0.3f}, within(1e-6f));
    assertThat(GrpoLoss.SEQUENCE.isSequenceLevel()).isTrue();
    for (GrpoLoss other : List.of(GrpoLoss.GRPO, GrpoLoss.DAPO, GrpoLoss.DR_GRPO, GrpoLoss.CISPO)) {
      assertThat(other.logRatios(tokens, twoAndThree())).isSameAs(tokens);
      assertThat(other.isSequenceLevel()).isFalse();
    }
    assertThat(GrpoLoss.GSPO.isSequenceLevel()).isTrue();
  }

  /** Each token of a completion gets the mean of what its tokens' ratios get. */
  @Test
  void theSequenceRatiosGradientIsSharedByItsTokens() {
    NDArray tokens = manager.create(new float[] {0.2f, 0.4f, -0.3f, 0, 0.6f});
    tokens.setRequiresGradient(true);
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray upstream = manager.create(new float[] {1, 2, 3, 4, 8});
      collector.backward(GrpoLoss.GSPO.logRatios(tokens, twoAndThree()).mul(upstream).sum());
      // (1 + 2) / 2 and (3 + 4 + 8) / 3
      assertThat(tokens.getGradient().toFloatArray())
          .containsExactly(new float[] {1.5f, 1.5f, 5, 5, 5}, within(1e-6f));
    }
  }

  @Test
  void sequenceRatiosAgreeWithPlainLoops() {
    Rollout rollout = rollout();
    float[][] x = numbers(rollout);
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, 30)) {
      float[] made =
          GrpoLoss.GSPO.logRatios(manager.create(batch.flat(x)), batch.tokens()).toFloatArray();
      float[][] back = new float[rollout.size()][];
      batch.scatter(made, back);
      for (int i : batch.completions()) {
        double mean = 0;
        for (float number : x[i]) {
          mean += (double) number / x[i].length;
        }
        assertThat(back[i]).containsOnly(back[i][0]);
        assertThat((double) back[i][0]).isCloseTo(mean, within(1e-5));
      }
    }
  }
}
