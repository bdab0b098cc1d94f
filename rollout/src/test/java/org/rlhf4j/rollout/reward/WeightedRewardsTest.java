package org.rlhf4j.rollout.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.CompletionLines;
import org.rlhf4j.rollout.program.Judgement;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.Metrics;

/** Sums of rewards, of which some don't apply to some completions. */
class WeightedRewardsTest {
  private static final double NONE = Double.NaN;

  /** Two groups of two and one. */
  private static final Rollout ROLLOUT = TinyRollouts.ofLengths(new int[] {2, 3}, new int[] {1});

  private static WeightedRewards.Part part(String name, double weight, double... scores) {
    return new WeightedRewards.Part(name, weight, rollout -> scores);
  }

  private static Rollout scored(WeightedRewards.Part... parts) {
    return new WeightedRewards(List.of(parts)).scored(ROLLOUT);
  }

  /** 2 · 1 − 0.5 · 4 = 0; 2 · 3 alone; −0.5 · 6 alone. */
  @Test
  void whatDoesntApplyIsLeftOutOfTheSum() {
    Rollout rollout = scored(part("a", 2, 1, 3, NONE), part("b", -0.5, 4, NONE, 6));
    assertThat(rollout.scores()).containsExactly(0, 6, -3);
    WeightedRewards rewards =
        new WeightedRewards(List.of(part("a", 2, 1, 3, NONE), part("b", -0.5, 4, NONE, 6)));
    assertThat(rewards.score(ROLLOUT)).containsExactly(0, 6, -3);
    assertThat(rollout.completions().get(1).rewards()).isEqualTo(Map.of("a", 3.0, "b", NONE));
    assertThat(rollout.completions().get(1).rewards().keySet()).containsExactly("a", "b");
  }

  @Test
  void whereNothingAppliesThereIsNoScore() {
    Rollout rollout = scored(part("a", 1, NONE, 0, NONE), part("b", 1, NONE, NONE, NONE));
    assertThat(rollout.scores()).containsExactly(NONE, 0, NONE);
    Rollout judged = rollout.judged().orElseThrow();
    assertThat(judged.groups()).hasSize(1);
    assertThat(judged.scores()).containsExactly(0);
    assertThat(judged.completions().get(0).ids()).isEqualTo(ROLLOUT.completions().get(1).ids());
    assertThat(scored(part("a", 1, NONE, NONE, NONE)).judged()).isEmpty();
  }

  @Test
  void aSumThatIsNotFiniteIsAnError() {
    assertThatThrownBy(() -> scored(part("a", 10, 1, 1e308, 1)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "--reward: reward_a gave 1.0E308, which with its weight of 10.0 makes the sum Infinity;"
                + " lower the weight");
    assertThatThrownBy(() -> scored(part("a", 1, 1, 1.2e308, 1), part("b", 1, 1, 1.2e308, 1)))
        .hasMessageStartingWith("--reward: reward_b gave 1.2E308");
    double infinite = Double.NEGATIVE_INFINITY;
    assertThatThrownBy(() -> scored(part("a", 1, 1, infinite, 1)))
        .hasMessageStartingWith("--reward: reward_a gave -Infinity");
  }

  @Test
  void aWeightOfNothingShowsAPartAlone() {
    Rollout rollout = scored(part("a", 1, 1, NONE, 3), part("shown", 0, 7, 7, 7));
    assertThat(rollout.scores()).containsExactly(1, NONE, 3);
    assertThat(rollout.completions().get(2).rewards()).containsEntry("shown", 7.0);
  }

  /** Of a: (1 + 3) / 2; of b: 4; of the sums 1, 3 + 2 · 4, which is the mean of 1, 11. */
  @Test
  void metricsAreMeansOverWhatApplies() {
    Rollout rollout =
        scored(part("a", 1, 1, 3, NONE), part("b", 2, NONE, 4, NONE), part("c", 0, NONE, NONE, 1))
            .judged()
            .orElseThrow();
    Metrics metrics = RolloutMetrics.of(rollout);
    assertThat(metrics.get("reward").orElseThrow()).isCloseTo(6, within(1e-12));
    assertThat(metrics.get("reward_a")).hasValue(2);
    assertThat(metrics.get("reward_b")).hasValue(4);
    assertThat(metrics.get("reward_c").orElseThrow()).isNaN();
  }

  /** Parts of weight 0 too: they are asked for their scores like the others. */
  @Test
  void everyPartForeseesTheCompletionAsItWillSeeIt() {
    List<CompletedPrompt> foreseen = new ArrayList<>();
    RewardProgram program =
        new RewardProgram() {
          @Override
          public void foresee(CompletedPrompt completed) {
            foreseen.add(completed);
          }

          @Override
          public double score(CompletedPrompt completed) {
            assertThat(foreseen.get(0)).usingRecursiveComparison().isEqualTo(completed);
            return 0;
          }
        };
    Reward reward = new ProgramReward("class", program, TinyRollouts.tokenizer());
    RolloutGroup first = ROLLOUT.groups().get(0);
    RolloutGroup alone = first.with(first.completions().subList(0, 1));
    new WeightedRewards(
            List.of(
                new WeightedRewards.Part("a", 1, reward), new WeightedRewards.Part("b", 0, reward)))
        .foresee(alone);
    assertThat(foreseen).hasSize(2);
    assertThat(reward.score(new Rollout(List.of(alone)))).containsExactly(0);
  }

  private static Rollout scored(RewardProgram program) {
    return new ProgramReward("command", program, TinyRollouts.tokenizer()).scored(ROLLOUT);
  }

  @Test
  void aProgramSeesEachCompletion() {
    Completion ended = new Completion(new int[] {7, 0}, true, "So.", NONE, null, null, null);
    Completion cut = new Completion(new int[] {8}, false, "", NONE, null, null, null);
    Rollout rollout =
        new Rollout(
            List.of(
                new RolloutGroup(
                    0,
                    0,
                    "Why?",
                    Optional.empty(),
                    new int[] {5},
                    "x",
                    Map.of("level", 3),
                    List.of(ended, cut)),
                new RolloutGroup(
                    1, null, TinyRollouts.tokenizer().encode("yes"), null, List.of(cut))));
    RewardProgram program =
        completed ->
            completed.ids().length
                + (completed.ended() ? 10 : 0)
                + 100 * completed.completion().length()
                + 1000 * completed.prompt().length()
                + ("x".equals(completed.answer()) ? 10_000 : 0)
                + (completed.fields().equals(Map.of("level", 3)) ? 100_000 : 0);
    assertThat(new ProgramReward("class", program, TinyRollouts.tokenizer()).score(rollout))
        .containsExactly(114_312, 114_001, 3_001);
  }

  private static RewardProgram judging(Judgement... judgements) {
    return new RewardProgram() {
      @Override
      public double score(CompletedPrompt completed) {
        throw new IllegalStateException("it is asked for judgements");
      }

      @Override
      public List<Judgement> judgeAll(List<CompletedPrompt> batch) {
        return List.of(judgements);
      }
    };
  }

  /** Completions of 2, 3 and 1 tokens: 2 · (1, −4) beside 10; whole; none applies. */
  @Test
  void rewardsOfTokensAreWeighedAndAddedUp() {
    Reward tokens =
        new ProgramReward(
            "class",
            judging(
                Judgement.ofTokens(new double[] {1, -4}),
                Judgement.ofTokens(new double[] {NONE, 3, NONE}),
                Judgement.of(NONE)),
            TinyRollouts.tokenizer());
    Rollout rollout =
        new WeightedRewards(
                List.of(
                    new WeightedRewards.Part("a", 2, tokens),
                    part("b", 1, 10, NONE, NONE),
                    new WeightedRewards.Part("c", -1, tokens),
                    new WeightedRewards.Part("shown", 0, tokens)))
            .scored(ROLLOUT);
    assertThat(rollout.scores()).containsExactly(7, 3, NONE);
    List<Completion> completions = rollout.completions();
    assertThat(completions.get(0).tokenRewards()).containsExactly(1, -4);
    assertThat(completions.get(0).paidAtTokens()).isEqualTo(-3);
    assertThat(completions.get(1).tokenRewards()).containsExactly(NONE, 3, NONE);
    assertThat(completions.get(2).tokenRewards()).isNull();
  }

  /** "a\n\nb" and EOS: the first line ends with its feed, the last one with the completion. */
  @Test
  void aLineIsPaidAtItsLastToken() {
    Tokenizer tokenizer = TinyRollouts.tokenizer();
    int[] ids = concat(tokenizer.encode("a\n"), tokenizer.encode("\nb"), new int[] {0});
    Completion completion =
        new Completion(ids, true, tokenizer.decodeContinuation(ids), NONE, null, null, null);
    Rollout rollout =
        new Rollout(List.of(new RolloutGroup(0, "p", new int[] {5}, null, List.of(completion))));
    RewardProgram program = judging(Judgement.ofLines(new double[] {1, 2, 4}));
    double[] paid =
        new ProgramReward("class", program, tokenizer)
            .scored(rollout)
            .completions()
            .get(0)
            .tokenRewards();
    double[] expected = new double[ids.length];
    Arrays.fill(expected, NONE);
    int first = tokenizer.encode("a\n").length - 1;
    expected[first] = 1;
    expected[first + 1] = 2;
    expected[ids.length - 1] = 4;
    assertThat(paid).containsExactly(expected);
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  @Test
  void linesAreCounted() {
    assertThat(CompletionLines.count("")).isZero();
    assertThat(CompletionLines.count("a")).isEqualTo(1);
    assertThat(CompletionLines.count("a\n")).isEqualTo(1);
    assertThat(CompletionLines.count("a\n\nb")).isEqualTo(3);
  }

  @Test
  void aWrongNumberOfRewardsIsNamedWithItsPrompt() {
    Judgement one = Judgement.of(1);
    assertThatThrownBy(() -> scored(judging(Judgement.ofTokens(new double[3]), one, one)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "--reward command: gave 3 token_rewards for a completion of 2 tokens of '")
        .hasMessageEndingWith("'; one for each is needed");
    assertThatThrownBy(() -> scored(judging(one, Judgement.ofLines(new double[] {1}), one)))
        .hasMessageContaining("gave 1 line_rewards for a completion of 0 lines of '");
  }

  @Test
  void aWrongNumberOfScoresIsNamed() {
    RewardProgram program =
        new RewardProgram() {
          @Override
          public double score(CompletedPrompt completed) {
            return 1;
          }

          @Override
          public double[] scoreAll(List<CompletedPrompt> batch) {
            return new double[2];
          }
        };
    assertThatThrownBy(() -> scored(program))
        .isInstanceOf(UserException.class)
        .hasMessage("--reward command: gave 2 scores for 3 completions; one for each is needed");
  }

  @Test
  void aScoreThatIsntFiniteIsNamed() {
    assertThatThrownBy(() -> scored(completed -> 1.0 / 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--reward command: gave Infinity for a completion of ");
  }
}
