package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadlineTest {

  @TempDir private Path folder;

  private Headline of(Path run, RewardChange change) throws IOException {
    return Headline.of(ReportedRun.read(run, "run"), Optional.ofNullable(change));
  }

  @ParameterizedTest
  @CsvSource({"0.1, 2, BETTER, The reward rose by", "-2, -0.1, WORSE, The reward fell:"})
  void anIntervalBesideZeroDecides(double low, double high, Headline.Verdict verdict, String says)
      throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 3, 2, 2, "text");
    Headline headline = of(run, new RewardChange(1, 1 + (low + high) / 2, low, high));
    assertThat(headline.verdict()).isEqualTo(verdict);
    assertThat(headline.sentence()).startsWith(says).contains("95 % interval");
  }

  @Test
  void anIntervalAroundZeroDecidesNothing() throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 3, 2, 2, "text");
    assertThat(of(run, new RewardChange(1, 1.5, -0.1, 1.1)))
        .returns(Headline.Verdict.UNCLEAR, Headline::verdict)
        .returns(
            "No clear change of the reward: +0.50 (95 % interval -0.10 to +1.10)",
            Headline::sentence);
  }

  @Test
  void withoutRolloutsTheMetricsAreSaidWithoutAVerdict() throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 3, 2, 2, "text");
    Headline headline = of(run, null);
    assertThat(headline.verdict()).isEqualTo(Headline.Verdict.UNKNOWN);
    assertThat(headline.sentence()).isEqualTo("The reward went from 0.10 to 0.30");
    assertThat(headline.facts())
        .contains(
            new Headline.Fact("reward", "0.30", "at first 0.10"),
            new Headline.Fact("KL", "0.03", "nats from the reference"));
  }

  /** Held-out prompts say more than the reward of those trained on. */
  @ParameterizedTest
  @CsvSource({
    "0.1, 0.7, BETTER, Rewarded more than the reference on held-out prompts: +0.40",
    "-0.7, -0.1, WORSE, Rewarded less than the reference on held-out prompts: -0.40",
    "-0.1, 0.9, UNCLEAR, No clear difference on held-out prompts: +0.40"
  })
  void heldOutPromptsDecideWhereThereAreSuch(
      double low, double high, Headline.Verdict verdict, String says) throws IOException {
    Path run = WrittenRuns.ppo(folder.resolve("ppo"), 3, 2, 2, "text");
    Files.writeString(
        run.resolve("evaluation.json"),
        """
        {"prompts": 64, "reward": 1.25, "reference_reward": 0.85, "difference": %s, "difference_low": %s,
         "difference_high": %s, "win_rate": 0.625, "kl": 3.5, "completion_length": 20.5,
         "reference_completion_length": 18, "ended": 0.75, "reference_ended": 0.5}"""
            .formatted((low + high) / 2, low, high));
    Headline headline = of(run, new RewardChange(1, 3, 1, 3));
    assertThat(headline.verdict()).isEqualTo(verdict);
    assertThat(headline.sentence()).startsWith(says).contains("95 % interval");
    assertThat(headline.facts())
        .contains(
            new Headline.Fact("held-out reward", "1.25", "reference 0.85"),
            new Headline.Fact("win rate", "62.5 %", "of 64 prompts"),
            new Headline.Fact("KL", "3.50", "nats from the reference"),
            new Headline.Fact("length", "20.5", "reference 18.0"));
  }

  /** Chance is one half; preferring the longer, or the shorter, is what has to be beaten. */
  @ParameterizedTest
  @CsvSource({
    "0.72, 0.86, 0.50, BETTER",
    "0.72, 0.86, 0.75, UNCLEAR",
    "0.72, 0.86, 0.25, UNCLEAR",
    "0.45, 0.60, 0.50, UNCLEAR",
    "0.30, 0.45, 0.50, WORSE"
  })
  void aRewardModelHasToBeatChanceAndLength(
      double low, double high, double length, Headline.Verdict verdict) throws IOException {
    Path run = WrittenRuns.reward(folder.resolve("reward"));
    Files.writeString(
        run.resolve("evaluation.json"),
        "{\"pairs\": 9, \"accuracy\": %s, \"accuracy_low\": %s, \"accuracy_high\": %s, \"length_accuracy\": %s}"
            .formatted((low + high) / 2, low, high, length));
    assertThat(of(run, null).verdict()).isEqualTo(verdict);
  }

  /** On the same pairs less of a difference is needed than between intervals. */
  @ParameterizedTest
  @CsvSource({"0.01, BETTER", "0.2, UNCLEAR"})
  void whetherLengthIsBeatenIsTestedPairByPair(double pValue, Headline.Verdict verdict)
      throws IOException {
    Path run = WrittenRuns.reward(folder.resolve("reward"));
    Files.writeString(
        run.resolve("evaluation.json"),
        """
        {"pairs": 200, "accuracy": 0.66, "accuracy_low": 0.59, "accuracy_high": 0.72,
         "length_accuracy": 0.4, "length_baseline": {"p_value": %s}}"""
            .formatted(pValue));
    Headline headline = of(run, null);
    assertThat(headline.verdict()).isEqualTo(verdict);
    assertThat(headline.facts())
        .contains(
            new Headline.Fact("by length alone", "60.0 %", "prefer the shorter: what to beat"));
  }

  @Test
  void whereTheBestModelIsKeptItsLossCounts() throws IOException {
    Path run = WrittenRuns.sft(folder.resolve("sft"), 30);
    Files.writeString(
        run.resolve("metrics.jsonl"),
        """
        {"step": 1, "loss": 3, "eval_loss": 4}
        {"step": 2, "loss": 2, "eval_loss": 3}
        {"step": 3, "loss": 1, "eval_loss": 5}
        """);
    assertThat(of(run, null).sentence())
        .isEqualTo("It got worse: held-out loss from 4.000 to 5.000");
    Files.writeString(
        run.resolve("config.yaml"),
        Files.readString(run.resolve("config.yaml")) + "keep-best: true\n");
    assertThat(of(run, null).sentence()).isEqualTo("It learnt: held-out loss from 4.000 to 3.000");
    Files.writeString(
        run.resolve("metrics.jsonl"),
        "{\"step\": 1, \"loss\": 3, \"eval_loss\": 4}\n{\"step\": 2, \"loss\": 2, \"eval_loss\": 6}\n");
    assertThat(of(run, null).verdict()).isEqualTo(Headline.Verdict.UNCLEAR);
  }

  @Test
  void fineTuningIsJudgedByTheHeldOutLoss() throws IOException {
    // evaluated at 10, 20 and 30: 5/10, 5/20, 5/30
    Headline headline = of(WrittenRuns.sft(folder.resolve("sft"), 30), null);
    assertThat(headline.verdict()).isEqualTo(Headline.Verdict.BETTER);
    assertThat(headline.sentence()).isEqualTo("It learnt: held-out loss from 0.500 to 0.167");
    assertThat(of(WrittenRuns.sft(folder.resolve("short"), 9), null).verdict())
        .isEqualTo(Headline.Verdict.UNKNOWN);
  }

  /**
   * Group means 1, 3 against 5, 9: means 2 and 7, variances 2 and 8, so the half width is 1.96
   * √(2/2 + 8/2) = 1.959964 · 2.236068 = 4.382613.
   */
  @Test
  void theChangeIsOverGroups() {
    RewardChange change =
        RewardChange.of(
            List.of(List.of(0.0, 2.0), List.of(3.0)), List.of(List.of(5.0), List.of(8.0, 10.0)));
    assertThat(change.difference()).isEqualTo(5);
    assertThat(change.low()).isCloseTo(0.617387, within(1e-6));
    assertThat(change.high()).isCloseTo(9.382613, within(1e-6));
  }

  @Test
  void oneGroupHasNoInterval() {
    RewardChange change = RewardChange.of(List.of(List.of(1.0)), List.of(List.of(2.0)));
    assertThat(change.low()).isNaN();
    assertThat(change.difference()).isEqualTo(1);
  }
}
