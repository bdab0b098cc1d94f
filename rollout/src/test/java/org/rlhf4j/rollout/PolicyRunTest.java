package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LoraConfig;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.UserException;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.Sample;
import org.rlhf4j.training.settings.Settings;
import org.rlhf4j.training.settings.Written;

class PolicyRunTest {
  @TempDir private Path folder;
  private LanguageModel policy;
  private final Map<String, List<String>> given = new LinkedHashMap<>();

  @BeforeEach
  void write() throws IOException {
    policy = TinyRollouts.policy(1);
    save("policy", policy::save);
    try (ScalarModel model = ScalarModel.from(policy, 2);
        LanguageModel other = TinyRollouts.policy(3)) {
      save("reward", model::save);
      save("other", other::save);
    }
    List<String> prompts = new ArrayList<>(List.of("prompt"));
    for (int i = 0; i < 7; i++) {
      prompts.add("what is " + i + "?");
    }
    Files.write(folder.resolve("prompts.csv"), prompts);
    put("model", "policy");
    put("data", "prompts.csv");
    put("reward-model", "reward");
    given.put("prompts-per-step", List.of("3"));
    given.put("max-new-tokens", List.of("5"));
    given.put("missing-eos-penalty", List.of("0.75"));
  }

  @AfterEach
  void close() {
    policy.close();
  }

  private void put(String setting, String file) {
    given.put(setting, List.of(folder.resolve(file).toString()));
  }

  private interface Saving {
    void to(Path folder) throws IOException;
  }

  private void save(String name, Saving model) throws IOException {
    model.to(Files.createDirectory(folder.resolve(name)));
  }

  private PolicyRun run(double epochs, Integer steps) {
    RolloutSettings settings =
        Settings.of(RolloutSettings.class)
            .bind(Written.Mapping.EMPTY, given)
            .resolved(policy.config().dimensions());
    return new PolicyRun(
        policy, settings, new LoopSettings(epochs, steps, true, 4096, 1, 1, false), 0, 2);
  }

  @Test
  void aStepsRolloutIsComplete() {
    try (PolicyRun run = run(1, null)) {
      Rollout rollout = run.rollout(1);
      assertThat(rollout.groups()).hasSize(3);
      assertThat(rollout.size()).isEqualTo(6);
      for (Completion completion : rollout.completions()) {
        assertThat(completion.score()).isFinite();
        assertThat(completion.logprobs()).hasSize(completion.length());
        assertThat(completion.refLogprobs()).hasSize(completion.length());
        assertThat(completion.values()).isNull();
      }
      assertThat(RolloutMetrics.kl(rollout)).isCloseTo(0, within(1e-4));
      assertThat(run.report()).startsWith("prompts: 7 rows read, 7 kept (");
      assertThat(run.rewardModel()).isNotNull();
      assertThat(run.policy()).isSameAs(policy);
    }
  }

  /** 7 prompts, 3 a step: an epoch has 3 steps. */
  @Test
  void stepsFollowFromTheEpochsUnlessGiven() {
    for (double[] expected : new double[][] {{1, 3}, {2, 6}, {0.5, 2}}) {
      try (PolicyRun run = run(expected[0], null)) {
        assertThat(run.steps()).isEqualTo((int) expected[1]);
      }
    }
    try (PolicyRun run = run(2, 11)) {
      assertThat(run.steps()).isEqualTo(11);
    }
  }

  @Test
  void cutCompletionsLoseThePenaltyAndKeepTheirScore() {
    Rollout rollout =
        new Rollout(
            List.of(
                TinyRollouts.group(
                    0,
                    new int[] {5},
                    TinyRollouts.completion(1.5, 7, 0),
                    TinyRollouts.completion(1.5, 7, 8))));
    try (PolicyRun run = run(1, null)) {
      assertThat(run.penalizedScores(rollout)).containsExactly(1.5, 0.75);
    }
    assertThat(rollout.scores()).containsExactly(1.5, 1.5);
  }

  @Test
  void aPolicyThatIsNoLongerItsReferenceFailsTheProofAtTheFirstStepOnly() {
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      policy.parameters().set(other.parameters());
      assertThatThrownBy(() -> run.rollout(1))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("proof \"KL 0\" failed");
      assertThat(RolloutMetrics.kl(run.rollout(2))).isNotCloseTo(0, within(1e-3));
    }
  }

  /** Policy, reference and a reward model that is an adapter on the same base: one copy of it. */
  @Test
  void withAnAdapterReferenceAndRewardModelShareThePolicysWeights() throws IOException {
    policy.close();
    LoraConfig lora = new LoraConfig(2, 4, 0, false, List.of());
    policy = LanguageModel.load(folder.resolve("policy"), lora, 1);
    try (ScalarModel reward = ScalarModel.from(policy, 5)) {
      save("adapter", reward::save);
    }
    assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
    try (PolicyRun run = run(1, null)) {
      assertThat(policy.modelsOnItsWeights()).isEqualTo(2);
      assertThat(RolloutMetrics.kl(run.rollout(1))).isCloseTo(0, within(1e-5));
    }
    put("reward-model", "adapter");
    put("reference-model", "policy");
    try (PolicyRun run = run(1, null)) {
      assertThat(policy.modelsOnItsWeights()).isEqualTo(3);
      assertThat(run.rollout(1).size()).isEqualTo(6);
    }
    assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
  }

  @Test
  void proofsAreSkippedWhereAskedTo() {
    given.put("skip-proofs", List.of("true"));
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      policy.parameters().set(other.parameters());
      assertThat(run.rollout(1).size()).isEqualTo(6);
    }
  }

  @Test
  void anotherReferenceIsMeantWhereItIsNamed() {
    put("reference-model", "other");
    try (PolicyRun run = run(1, null)) {
      assertThat(RolloutMetrics.kl(run.rollout(1))).isNotCloseTo(0, within(1e-3));
    }
  }

  /** Of 7 prompts 4 are shown; the same policy says the same to them, another one doesn't. */
  @Test
  void samplesDependOnThePolicyAlone() {
    try (PolicyRun run = run(1, null);
        LanguageModel other = TinyRollouts.policy(3)) {
      List<Sample> samples = run.samples();
      assertThat(samples)
          .extracting(Sample::prompt)
          .containsExactly("what is 0?", "what is 1?", "what is 3?", "what is 5?");
      assertThat(samples).allSatisfy(sample -> assertThat(sample.score()).isFinite());
      run.rollout(1);
      assertThat(run.samples()).isEqualTo(samples);
      policy.parameters().set(other.parameters());
      assertThat(run.samples()).isNotEqualTo(samples);
    }
  }

  @Test
  void replayNeedsNeitherDataNorRewardModel() throws IOException {
    List<String> lines = new ArrayList<>();
    try (PolicyRun run = run(1, null)) {
      for (int step = 1; step <= 2; step++) {
        RolloutFile.lines(step, run.rollout(step)).forEach(line -> lines.add(line.toString()));
      }
    }
    Files.write(folder.resolve("rollouts.jsonl"), lines);
    given.remove("data");
    given.remove("reward-model");
    put("replay", "rollouts.jsonl");
    try (PolicyRun run = run(2, null)) {
      assertThat(run.rewardModel()).isNull();
      assertThat(run.samples()).isEmpty();
      assertThat(run.report()).isEqualTo("prompts: 2 recorded steps");
      assertThat(run.steps()).isEqualTo(4);
      List<String> again = new ArrayList<>();
      for (int step = 1; step <= 2; step++) {
        RolloutFile.lines(step, run.rollout(step)).forEach(line -> again.add(line.toString()));
      }
      assertThat(again).isEqualTo(lines);
    }
  }
}
