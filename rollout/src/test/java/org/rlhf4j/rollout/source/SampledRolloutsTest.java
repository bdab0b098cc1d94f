package org.rlhf4j.rollout.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.training.RunPlan;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

class SampledRolloutsTest {
  private static final int PROMPTS = 6;

  private static LanguageModel policy;
  private static final List<TokenizedPrompt> ROWS = TinyRollouts.prompts(PROMPTS);

  @BeforeAll
  static void load() {
    policy = TinyRollouts.policy(1);
  }

  @AfterAll
  static void close() {
    policy.close();
  }

  private static SampledRollouts source(int promptsPerStep, long seed) {
    return source(
        promptsPerStep,
        seed,
        rollout -> rollout.completions().stream().mapToDouble(c -> c.ids()[0]).toArray());
  }

  private static SampledRollouts source(int promptsPerStep, long seed, Reward reward) {
    return new SampledRollouts(
        policy,
        ROWS,
        new BatchOrder(PROMPTS, promptsPerStep, seed, false),
        3,
        SamplingSettings.of(10, 1),
        seed,
        reward);
  }

  private static List<List<Integer>> ids(Rollout rollout) {
    List<List<Integer>> all = new ArrayList<>();
    for (Completion completion : rollout.completions()) {
      List<Integer> ids = new ArrayList<>();
      for (int id : completion.ids()) {
        ids.add(id);
      }
      all.add(ids);
    }
    return all;
  }

  @Test
  void groupsHaveTheirRowsAndCompletionsTheirScores() {
    Rollout rollout = source(4, 0).rollout(1);
    assertThat(rollout.groups()).hasSize(4);
    for (int g = 0; g < 4; g++) {
      RolloutGroup group = rollout.groups().get(g);
      assertThat(group.group()).isEqualTo(g);
      assertThat(group.prompt()).isEqualTo("prompt " + g);
      assertThat(group.answer()).isEqualTo("answer " + g);
      assertThat(group.promptIds()).isEqualTo(ROWS.get(g).ids());
      assertThat(group.completions()).hasSize(3);
    }
    for (Completion completion : rollout.completions()) {
      int[] ids = completion.ids();
      assertThat(completion.score()).isEqualTo(ids[0]);
      assertThat(completion.text()).isEqualTo(policy.tokenizer().decodeContinuation(ids));
      assertThat(completion.ended()).isEqualTo(ids[ids.length - 1] == 0);
      assertThat(completion.ended() || ids.length == 10).isTrue();
      assertThat(completion.logprobs()).hasSize(ids.length);
    }
    // The last batch of an epoch takes what is left.
    assertThat(source(4, 0).rollout(2).groups()).hasSize(2);
  }

  /** A step of 18 completions is one wave, in which a row draws 10 tokens: too few to pack for. */
  @Test
  void itsMemoryHasPackedWeightsWhereRowsAreLong() {
    assertThat(source(PROMPTS, 0).memory(20)).hasSize(1);
    SampledRollouts longOnes =
        new SampledRollouts(
            policy,
            ROWS,
            new BatchOrder(PROMPTS, PROMPTS, 0, false),
            3,
            SamplingSettings.of(512, 1),
            0,
            rollout -> new double[rollout.size()]);
    assertThat(longOnes.memory(530).get(1))
        .isEqualTo(
            new RunPlan.Part(
                "packed weights", Generator.packedWeightBytes(policy, 512), RunPlan.When.SAMPLING));
  }

  /** One of the same weights says the same, since the random numbers are the same. */
  @Test
  void aRewardCanAskForTheReferencesCompletions() {
    List<List<List<Integer>>> said = new ArrayList<>();
    Reward asking =
        new Reward() {
          @Override
          public double[] score(Rollout rollout) {
            throw new IllegalStateException("it is asked with the reference");
          }

          @Override
          public Rollout scored(Rollout rollout, Supplier<Optional<Rollout>> reference) {
            said.add(ids(rollout));
            said.add(ids(reference.get().orElseThrow()));
            return rollout.withScores(new double[rollout.size()]);
          }
        };
    BatchOrder order = new BatchOrder(PROMPTS, 4, 0, false);
    SamplingSettings sampling = SamplingSettings.of(10, 1);
    try (LanguageModel other = TinyRollouts.policy(9)) {
      for (LanguageModel reference : List.of(policy, other)) {
        new SampledRollouts(
                policy,
                new PolicySampler(() -> policy, sampling),
                Optional.of(reference),
                ROWS,
                order,
                3,
                sampling,
                0,
                asking)
            .rollout(2);
      }
    }
    assertThat(said.get(1)).isEqualTo(said.get(0));
    assertThat(said.get(3)).isNotEqualTo(said.get(2));
  }

  @Test
  void areAFunctionOfSeedAndStep() {
    List<List<Integer>> once = ids(source(PROMPTS, 0).rollout(1));
    assertThat(ids(source(PROMPTS, 0).rollout(1))).isEqualTo(once);
    assertThat(ids(source(PROMPTS, 0).rollout(2))).isNotEqualTo(once);
    assertThat(ids(source(PROMPTS, 1).rollout(1))).isNotEqualTo(once);
    assertThat(once).doesNotHaveDuplicates();
  }

  /** The key has the row's index in the data, not its place in the batch. */
  @Test
  void aRowsCompletionsDontDependOnWhatIsSampledWithIt() {
    List<List<Integer>> together = ids(source(PROMPTS, 0).rollout(1));
    assertThat(ids(source(2, 0).rollout(1))).isEqualTo(together.subList(0, 6));
  }

  /** The reward sees nothing of it. */
  @Test
  void aStopEndsSamplingAfterACompletion() {
    List<String> judged = new ArrayList<>();
    Reward reward =
        new Reward() {
          @Override
          public void foresee(RolloutGroup prompt) {
            judged.add("foreseen");
          }

          @Override
          public double[] score(Rollout rollout) {
            judged.add("scored");
            return new double[rollout.size()];
          }
        };
    SampledRollouts source = source(PROMPTS, 0, reward);
    StopFlag stop = new StopFlag();
    stop.raise();
    assertThatThrownBy(() -> source.rollout(1, stop)).isInstanceOf(StoppedException.class);
    assertThat(judged).isEmpty();
    assertThat(ids(source.rollout(1))).isEqualTo(ids(source(PROMPTS, 0).rollout(1)));
  }

  /** Each completion by itself, before any is scored; none of a trial. */
  @Test
  void theRewardForeseesWhatItWillScore() {
    List<String> foreseen = new ArrayList<>();
    Reward reward =
        new Reward() {
          @Override
          public void foresee(RolloutGroup prompt) {
            foreseen.add(prompt.answer() + ids(new Rollout(List.of(prompt))));
          }

          @Override
          public double[] score(Rollout rollout) {
            foreseen.add("scored");
            return new double[rollout.size()];
          }
        };
    SampledRollouts source = source(PROMPTS, 0, reward);
    source.trial();
    List<String> expected = new ArrayList<>();
    for (RolloutGroup group : source.rollout(1).groups()) {
      for (Completion completion : group.completions()) {
        RolloutGroup alone = group.with(List.of(completion));
        expected.add(group.answer() + ids(new Rollout(List.of(alone))));
      }
    }
    assertThat(foreseen.remove(foreseen.size() - 1)).isEqualTo("scored");
    assertThat(foreseen).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aTrialTakesTimeAndChangesNothing() {
    SampledRollouts source = source(PROMPTS, 0);
    List<List<Integer>> without = ids(source.rollout(1));
    SampledRollouts.Trial trial = source.trial();
    assertThat(trial.sampling()).isPositive().isFinite();
    assertThat(trial.forward()).isPositive().isFinite();
    assertThat(ids(source.rollout(1))).isEqualTo(without);
  }
}
