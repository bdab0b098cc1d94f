package org.rlhf4j.rollout.stage;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.reward.RewardModelReward;
import org.rlhf4j.rollout.source.SampledRollouts;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/** Each proof on what is right, and firing on a fault that was put in on purpose. */
class ProofsTest {
  private static final double TEMPERATURE = 0.7;
  private static final int BUDGET = 4096;
  private static final int EOS = 0;
  private static final int POSITIONS = 64;

  private static LanguageModel policy;
  private static Rollout sampled;

  @BeforeAll
  static void sample() {
    policy = TinyRollouts.policy(1);
    sampled = withEnds(sampled(policy));
  }

  private static Rollout sampled(LanguageModel model) {
    List<TokenizedPrompt> prompts =
        List.of(new int[] {5, 6, 7}, new int[] {8}, new int[] {9, 9, 9, 9, 9}).stream()
            .map(ids -> new TokenizedPrompt(ids, row(), 0))
            .toList();
    return new SampledRollouts(
            model,
            prompts,
            new BatchOrder(3, 3, 0, false),
            4,
            SamplingSettings.of(12, TEMPERATURE),
            0,
            rollout -> new double[rollout.size()])
        .rollout(1);
  }

  /** Every other completion cut to its fourth token and ended there. */
  private static Rollout withEnds(Rollout rollout) {
    List<RolloutGroup> groups = new ArrayList<>();
    for (RolloutGroup group : rollout.groups()) {
      List<Completion> completions = new ArrayList<>(group.completions());
      for (int i = 0; i < completions.size(); i += 2) {
        int[] ids = Arrays.copyOf(completions.get(i).ids(), 5);
        ids[4] = EOS;
        completions.set(i, TinyRollouts.completion(0, ids));
      }
      groups.add(group.with(completions));
    }
    return RolloutScoring.withLogprobs(policy, new Rollout(groups), TEMPERATURE, BUDGET);
  }

  private static PromptRow row() {
    return new PromptRow("", Optional.empty(), new Location("test", 1, 1));
  }

  @AfterAll
  static void close() {
    policy.close();
  }

  private static float[] right(PackedTokens tokens) {
    return policy.logprobs(tokens, TEMPERATURE).logprobs();
  }

  private static Proofs proofs(LanguageModel model, double temperature) {
    return Proofs.of(model, sampled, temperature, BUDGET);
  }

  private static Proofs proofs(Function<PackedTokens, float[]> logprobs) {
    return new Proofs(logprobs, Precision.FP32, sampled, BUDGET);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 25, BUDGET})
  void whatIsRightHoldsHoweverItIsSplit(int tokenBudget) {
    Proofs proofs = Proofs.of(policy, sampled, TEMPERATURE, tokenBudget);
    assertThatCode(
            () -> {
              proofs.ratioIsOne();
              proofs.batchSplitIsNoMatter();
              proofs.paddingIsNoMatter(EOS, POSITIONS);
              proofs.paddingIsNoMatter(96, POSITIONS);
            })
        .doesNotThrowAnyException();
  }

  @Test
  void anotherTemperatureIsFound() {
    assertThatThrownBy(() -> proofs(policy, 1.0).ratioIsOne())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "proof \"ratio 1\" failed: sampling and rescoring the same tokens differ"
                + " at token 0 of completion 0: log-probabilities ")
        .hasMessageContaining("another temperature")
        .hasMessageEndingWith("; --skip-proofs continues anyway");
  }

  @Test
  void otherWeightsAreFound() {
    try (LanguageModel other = TinyRollouts.policy(2)) {
      assertThatThrownBy(() -> proofs(other, TEMPERATURE).ratioIsOne())
          .isInstanceOf(UserException.class)
          .hasMessageContaining("proof \"ratio 1\" failed")
          .hasMessageContaining("other weights than those that sampled");
    }
  }

  /** An adapter whose dropout stays on in the pass that is trained. */
  @Test
  void dropoutThatIsOnIsFound(@TempDir Path folder) throws IOException {
    Path saved = Files.createDirectory(folder.resolve("policy"));
    policy.save(saved);
    try (LanguageModel adapted =
        LanguageModel.load(saved, new LoraConfig(2, 4, 0.5, false, List.of()), 1)) {
      // B is zero at first, so that an adapter changes nothing: any other weights will do
      float[] weights = adapted.parameters().values();
      for (int i = 0; i < weights.length; i++) {
        weights[i] += (float) Math.sin(i);
      }
      adapted.parameters().setValues(weights);
      Rollout own = sampled(adapted);
      assertThatCode(() -> Proofs.of(adapted, own, TEMPERATURE, BUDGET).ratioIsOne())
          .doesNotThrowAnyException();
      adapted.drawDropout(7, 1);
      assertThatThrownBy(() -> Proofs.of(adapted, own, TEMPERATURE, BUDGET).ratioIsOne())
          .isInstanceOf(UserException.class)
          .hasMessageContaining("proof \"ratio 1\" failed")
          .hasMessageContaining("likely cause: dropout in the training pass");
    }
  }

  @Test
  void aCopyHasNoKl() {
    try (LanguageModel copy = policy.copy()) {
      Rollout rollout = RolloutScoring.withRefLogprobs(copy, sampled, TEMPERATURE, BUDGET);
      assertThatCode(
              () -> new Proofs(ProofsTest::right, Precision.FP32, rollout, BUDGET).klIsZero())
          .doesNotThrowAnyException();
    }
  }

  @Test
  void anotherReferenceIsFound() {
    try (LanguageModel other = TinyRollouts.policy(2)) {
      Rollout rollout = RolloutScoring.withRefLogprobs(other, sampled, TEMPERATURE, BUDGET);
      assertThatThrownBy(
              () -> new Proofs(ProofsTest::right, Precision.FP32, rollout, BUDGET).klIsZero())
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "proof \"KL 0\" failed: policy and reference differ before the first update"
                  + " at token 0 of completion 0: log-probabilities ")
          .hasMessageContaining("the reference isn't a copy of the policy");
    }
  }

  /** One token of the last completion is off by twice the tolerance, and it is the one named. */
  @Test
  void theFirstTokenThatDiffersIsNamed() {
    float[][] logprobs = new float[sampled.size()][];
    for (int i = 0; i < logprobs.length; i++) {
      logprobs[i] = sampled.completions().get(i).logprobs().clone();
    }
    Rollout rollout = sampled.withRefLogprobs(logprobs);
    Proofs proofs = new Proofs(ProofsTest::right, Precision.FP32, rollout, BUDGET);
    int last = logprobs.length - 1;
    logprobs[last][2] += (float) (0.5 * Precision.FP32.tolerance());
    assertThatCode(proofs::klIsZero).doesNotThrowAnyException();
    logprobs[last][2] += (float) (1.5 * Precision.FP32.tolerance());
    assertThatThrownBy(proofs::klIsZero)
        .hasMessageContaining(" at token 2 of completion " + last + ": ");
    logprobs[last][1] = Float.NaN;
    assertThatThrownBy(proofs::klIsZero)
        .hasMessageContaining(" at token 1 of completion " + last + ": ");
  }

  /** In bf16 a token may be far off, all may not be by a little. */
  @Test
  void inBf16TheMeanCounts() {
    double tolerance = Precision.BF16.tolerance();
    int tokens = sampled.completions().stream().mapToInt(Completion::length).sum();
    Function<PackedTokens, float[]> oneFarOff =
        packedTokens -> {
          float[] logprobs = right(packedTokens);
          logprobs[0] += (float) (0.9 * tolerance * tokens);
          return logprobs;
        };
    new Proofs(oneFarOff, Precision.BF16, sampled, BUDGET).ratioIsOne();
    assertThatThrownBy(() -> new Proofs(oneFarOff, Precision.FP32, sampled, BUDGET).ratioIsOne())
        .isInstanceOf(UserException.class);
    Function<PackedTokens, float[]> allOff =
        packedTokens -> {
          float[] logprobs = right(packedTokens);
          for (int t = 0; t < logprobs.length; t++) {
            logprobs[t] += (float) (1.1 * tolerance);
          }
          return logprobs;
        };
    assertThatThrownBy(() -> new Proofs(allOff, Precision.BF16, sampled, BUDGET).ratioIsOne())
        .isInstanceOf(UserException.class);
  }

  /** What is said of a token depends on how many tokens are scored with it. */
  @Test
  void aResultThatDependsOnTheBatchIsFound() {
    Proofs proofs =
        proofs(
            tokens -> {
              float[] logprobs = right(tokens);
              for (int t = 0; t < logprobs.length; t++) {
                logprobs[t] -= 1e-5f * tokens.completions();
              }
              return logprobs;
            });
    assertThatThrownBy(proofs::batchSplitIsNoMatter)
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "proof \"batch split\" failed: a completion scored alone and among others differs at"
                + " token 0 of completion ")
        .hasMessageContaining(
            "likely cause: positions or a mask that depend on the row of the batch");
  }

  /**
   * Pad = EOS: ids behind which there are only such are taken for padding, so a completion loses
   * the EOS that it ended in as soon as there is padding.
   */
  @Test
  void aMaskThatIsMadeByComparingIdsIsFound() {
    Proofs proofs =
        proofs(
            tokens -> {
              float[] logprobs = right(tokens);
              long[] targets = tokens.targets();
              int last = targets.length - 1;
              if (last > 0 && targets[last] == EOS && targets[last - 1] == EOS) {
                for (int t = last; t >= 0 && targets[t] == EOS; t--) {
                  logprobs[t] = 0;
                }
              }
              return logprobs;
            });
    assertThatCode(proofs::ratioIsOne).doesNotThrowAnyException();
    assertThatThrownBy(() -> proofs.paddingIsNoMatter(EOS, POSITIONS))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "proof \"padding\" failed: a completion with padding behind it and without differs at")
        .hasMessageContaining("comparing ids with the padding id")
        .hasMessageContaining("pad = EOS");
  }

  /** A network that looks ahead: what comes last changes what is said of the first token. */
  @Test
  void aNetworkThatLooksAheadIsFound() {
    Proofs proofs =
        proofs(
            tokens -> {
              float[] logprobs = right(tokens);
              long[] ids = tokens.ids();
              for (int t = 0; t < logprobs.length; t++) {
                logprobs[t] += 1e-3f * ids[ids.length - 1];
              }
              return logprobs;
            });
    assertThatThrownBy(() -> proofs.paddingIsNoMatter(EOS, POSITIONS))
        .hasMessageContaining("differs at token 0 of completion ")
        .hasMessageContaining("a network that looks ahead");
  }

  @Test
  void aRewardModelScoresEachCompletionForItself() {
    try (ScalarModel model = ScalarModel.from(policy, 2)) {
      Reward reward = new RewardModelReward(model, policy.tokenizer(), BUDGET);
      Proofs proofs = proofs(ProofsTest::right);
      assertThatCode(() -> proofs.scoresAreEachOnesOwn(reward, 1e-4)).doesNotThrowAnyException();
      // scores less their mean: that of a batch of one is 0
      Reward centered =
          rollout -> {
            double[] scores = reward.score(rollout);
            double mean = Arrays.stream(scores).average().orElseThrow();
            return Arrays.stream(scores).map(score -> score - mean).toArray();
          };
      assertThatThrownBy(() -> proofs.scoresAreEachOnesOwn(centered, 1e-4))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "proof \"reward alone\" failed: the reward model gives completion ")
          .hasMessageContaining("depends on the batch");
    }
  }
}
