package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.training.run.Metrics;

class AdaptiveKlObjectiveTest {
  private static final Path FIXTURE = TinyRun.FIXTURE;

  @ParameterizedTest
  @CsvSource({
    // target 0.02: above 0.03 doubled, below 0.0133333 halved, left alone between
    "0.0301, 2, 4",
    "0.0299, 2, 2",
    "0.0134, 2, 2",
    "0.0133, 2, 1",
    "0, 1, 0.5",
    // held from 1e-6 to 1e6
    "0, 1.5e-6, 1e-6",
    "0, 1e-6, 1e-6",
    "1, 6e5, 1e6",
    "1, 1e6, 1e6"
  })
  void theStepCoefficientDoublesAndHalves(double kl, double before, double after) {
    assertThat(AdaptiveKlObjective.next(before, kl, 0.02)).isEqualTo(after);
  }

  /** 1.5 · 1 and 1.5 / 1.5 are bounds that floating point hits: neither is beyond its own. */
  @Test
  void onTheBoundsTheStepCoefficientStays() {
    assertThat(AdaptiveKlObjective.next(2, 1.5, 1)).isEqualTo(2);
    assertThat(AdaptiveKlObjective.next(2, 1, 1.5)).isEqualTo(2);
  }

  /**
   * Weights of 0 but for the final norm's first, ln 3 / √32 where it was 0, and the first of token
   * 5's embedding, 1. After token 5 the final state is then ln 3 in its first place, so token 5 is
   * three times as likely as each of the 96 others, where all of the 97 were alike: KL = ln(99 /
   * 97) − ln 3 / 97 = 0.0204089 − 0.0113259 = 0.0090830, twice of which is added to −2 · 1.5 and to
   * 1 · 0.5.
   */
  @Test
  void handWorked() {
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"))) {
      AdaptiveKlObjective objective = new AdaptiveKlObjective(policy, 0.01, 1, 1, 4096);
      objective.restoreCounters(Map.of("step_kl_coefficient", 2.0));
      Rollout rollout = rollout(group(0, new int[] {5}, new int[] {5, 7}));
      policy.parameters().setValues(sparse(policy.parameters(), 0));
      objective.begin(rollout);
      policy.parameters().setValues(sparse(policy.parameters(), Math.log(3) / Math.sqrt(32)));
      assertThat(loss(objective, policy, rollout, 1, new float[] {1.5f, 0.5f}, new float[] {2, -1}))
          .containsExactly(new float[] {-2.981834f, 0.518166f}, within(1e-6f));
      assertThat(objective.end(rollout).get("step_kl").orElseThrow())
          .isCloseTo(0.0090830, within(1e-6));
      // What it took of the old policy is freed with that.
      assertThatThrownBy(() -> loss(objective, policy, rollout, 1, new float[2], new float[2]))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private static float[] sparse(Parameters parameters, double norm) {
    float[] weights = new float[Math.toIntExact(parameters.count())];
    int first = 0;
    for (ParameterSpec spec : parameters.specs()) {
      if (spec.name().equals("norm.weight")) {
        weights[first] = (float) norm;
      }
      if (spec.name().equals("embed_tokens.weight")) {
        weights[first + 5] = 1; // a row for each hidden number
      }
      first += Math.toIntExact(spec.size());
    }
    return weights;
  }

  /** β_s = 1 and the KL by plain sums over the 97 tokens that could have come at each place. */
  @Test
  void agreesWithPlainLoops() {
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"))) {
      int[] ids = {9, 30, 4, 77, 0};
      Rollout rollout = rollout(group(0, new int[] {12, 50}, ids));
      List<RolloutGroup> alternatives = new ArrayList<>();
      for (int t = 0; t < ids.length; t++) {
        int[] before = Arrays.copyOf(new int[] {12, 50}, 2 + t);
        System.arraycopy(ids, 0, before, 2, t);
        int[][] tokens = IntStream.range(0, 97).mapToObj(v -> new int[] {v}).toArray(int[][]::new);
        alternatives.add(group(t, before, tokens));
      }
      Rollout all = rollout(alternatives.toArray(RolloutGroup[]::new));
      float[][] old = RolloutScoring.logprobs(policy, all, 0.8, 4096);
      AdaptiveKlObjective objective = new AdaptiveKlObjective(policy, 0.01, 1, 0.8, 4096);
      objective.begin(rollout);
      policy.parameters().set(reference.parameters());
      float[][] now = RolloutScoring.logprobs(policy, all, 0.8, 4096);
      float[] ratios = {1.2f, 0.7f, 1, 2, 0.1f};
      float[] advantages = {-1, 2, 0.5f, -0.3f, 3};
      float[] loss = loss(objective, policy, rollout, 0.8, ratios, advantages);
      double sum = 0;
      for (int t = 0; t < ids.length; t++) {
        double kl = 0;
        for (int v = 97 * t; v < 97 * (t + 1); v++) {
          kl += Math.exp(old[v][0]) * (old[v][0] - now[v][0]);
        }
        assertThat(kl).isGreaterThan(1e-3);
        assertThat((double) loss[t]).isCloseTo(kl - advantages[t] * ratios[t], within(1e-5));
        sum += kl;
      }
      assertThat(objective.end(rollout).get("step_kl").orElseThrow())
          .isCloseTo(sum / ids.length, within(1e-5));
    }
  }

  private static float[] loss(
      AdaptiveKlObjective objective,
      LanguageModel policy,
      Rollout rollout,
      double temperature,
      float[] ratios,
      float[] advantages) {
    RolloutMicroBatch batch = RolloutMicroBatch.of(rollout, i -> true, 4096).get(0);
    try (LogprobPass pass = policy.forward(batch.tokens(), temperature, false)) {
      NDArray ratio = pass.scope().create(ratios);
      NDArray advantage = pass.scope().create(advantages);
      return objective.loss(ratio, advantage, pass, batch).toFloatArray();
    }
  }

  private static RolloutGroup group(long number, int[] prompt, int[]... completions) {
    List<Completion> made =
        Arrays.stream(completions)
            .map(ids -> new Completion(ids, false, "", 0, null, null, null))
            .toList();
    return new RolloutGroup(number, null, prompt, null, made);
  }

  private static Rollout rollout(RolloutGroup... groups) {
    return new Rollout(List.of(groups));
  }

  /** The policy hasn't moved, then it has. */
  @Test
  void itMeasuresHowFarTheUpdatesWentAndRemembers() {
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"))) {
      Rollout rollout =
          RolloutFile.read(
                  FIXTURE.resolve("rollouts.jsonl"),
                  policy.tokenizer(),
                  policy.config().dimensions())
              .get(1);
      AdaptiveKlObjective objective = new AdaptiveKlObjective(policy, 0.01, 1, 0.8, 4096);
      objective.begin(rollout);
      Metrics still = objective.end(rollout);
      assertThat(still.get("step_kl").orElseThrow()).isZero();
      assertThat(still.get("step_kl_coefficient").orElseThrow()).isEqualTo(1);
      assertThat(objective.counters()).containsEntry("step_kl_coefficient", 0.5);
      objective.begin(rollout);
      policy.parameters().set(reference.parameters());
      double moved = objective.end(rollout).get("step_kl").orElseThrow();
      assertThat(moved).isGreaterThan(0.015);
      assertThat(objective.counters()).containsEntry("step_kl_coefficient", 1.0);
      AdaptiveKlObjective split = new AdaptiveKlObjective(policy, 0.01, 1, 0.8, 1);
      split.restoreCounters(objective.counters());
      assertThat(split.counters()).isEqualTo(objective.counters());
    }
  }
}
