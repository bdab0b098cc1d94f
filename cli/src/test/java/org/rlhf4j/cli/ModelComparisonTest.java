package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;

class ModelComparisonTest {

  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");

  @TempDir private Path folder;

  /**
   * Scores (3, 1, 2, 0) against (1, 1, 3, −2): d = (2, 0, −1, 2), mean ¾; Σ (d − ¾)² = 1.5625 +
   * 0.5625 + 3.0625 + 1.5625 = 6.75, s = √(6.75 / 3) = 1.5, half the interval 1.959964 · 1.5 / 2 =
   * 1.469973. Two wins and a tie of 4: 0.625. KL: completion 1 has 2 tokens of 0.5 and −0.2, the
   * others one of 0.1: (0.3 + 3 · 0.1) / 4 = 0.15. Lengths (2 + 1 + 1 + 1) / 4.
   */
  @Test
  void byHand() {
    Rollout ours =
        new Rollout(
            List.of(
                group(3, new float[] {-1, -2}, new float[] {-1.5f, -1.8f}, true),
                group(1, new float[] {-1}, new float[] {-1.1f}, false),
                group(2, new float[] {-1}, new float[] {-1.1f}, true),
                group(0, new float[] {-1}, new float[] {-1.1f}, true)));
    Rollout theirs =
        new Rollout(
            List.of(
                group(1, new float[3], null, true),
                group(1, new float[1], null, false),
                group(3, new float[1], null, false),
                group(-2, new float[1], null, false)));

    ModelComparison comparison = ModelComparison.of(ours, theirs);

    assertThat(comparison.prompts()).isEqualTo(4);
    assertThat(comparison.reward()).isEqualTo(1.5);
    assertThat(comparison.referenceReward()).isEqualTo(0.75);
    assertThat(comparison.difference()).isEqualTo(0.75);
    assertThat(comparison.differenceLow()).isCloseTo(0.75 - 1.469973, within(1e-6));
    assertThat(comparison.differenceHigh()).isCloseTo(0.75 + 1.469973, within(1e-6));
    assertThat(comparison.winRate()).isEqualTo(0.625);
    assertThat(comparison.kl()).isCloseTo(0.15, within(1e-6));
    assertThat(comparison.completionLength()).isEqualTo(1.25);
    assertThat(comparison.referenceCompletionLength()).isEqualTo(1.5);
    assertThat(comparison.ended()).isEqualTo(0.75);
    assertThat(comparison.referenceEnded()).isEqualTo(0.25);
    assertThat(comparison.text())
        .contains("reward                   1.5000     0.7500")
        .contains("difference           +0.7500 (95 % from -0.7200 to +2.2200)")
        .contains("kl                   0.1500 nats per completion");
  }

  private static RolloutGroup group(
      double score, float[] logprobs, float[] refLogprobs, boolean ended) {
    int[] ids = new int[logprobs.length];
    Completion completion = new Completion(ids, ended, "", score, logprobs, refLogprobs, null);
    return new RolloutGroup(0, "x", new int[] {5}, null, List.of(completion));
  }

  @Test
  void aModelDoesNotDifferFromItself() throws IOException {
    JsonNode same = compare("llama-gqa-tied", "llama-gqa-tied");

    assertThat(same.get("difference").doubleValue()).isZero();
    assertThat(same.get("difference_low").doubleValue()).isZero();
    assertThat(same.get("win_rate").doubleValue()).isEqualTo(0.5);
    assertThat(same.get("kl").doubleValue()).isCloseTo(0, within(1e-4));
    assertThat(same.get("reward").doubleValue())
        .isEqualTo(same.get("reference_reward").doubleValue());
  }

  @Test
  void anotherModelDoes() throws IOException {
    JsonNode other = compare("llama-gqa-tied", "llama-untied-bf16");

    assertThat(other.get("kl").doubleValue()).isGreaterThan(0.1);
    assertThat(other.get("difference_low").doubleValue())
        .isLessThan(other.get("difference").doubleValue());
    assertThat(other.get("difference").doubleValue())
        .isLessThan(other.get("difference_high").doubleValue())
        .isCloseTo(
            other.get("reward").doubleValue() - other.get("reference_reward").doubleValue(),
            within(1e-9));
    assertThat(other.get("completion_length").doubleValue()).isBetween(1.0, 12.0);
    assertThat(other.get("ended").doubleValue()).isBetween(0.0, 1.0);
  }

  /** A program of our own for judge: reward 1 for each completion of one kind, else 0. */
  @Test
  void programsJudgeToo() throws IOException {
    JsonNode compared =
        compare("llama-gqa-tied", "llama-untied-bf16", "--reward", "2*regex:(?s)^.*$");
    assertThat(compared.get("reward").doubleValue()).isEqualTo(2);
    assertThat(compared.get("reference_reward").doubleValue()).isEqualTo(2);
    assertThat(compared.get("win_rate").doubleValue()).isEqualTo(0.5);
  }

  @Test
  void aJudgeIsNeeded() {
    StringWriter err = new StringWriter();
    String[] args = {"compare", "--model=m", "--reference-model=r", "--data=d.csv"};
    assertThat(Rlhf.run(args, new PrintWriter(err, true), new PrintWriter(err, true))).isEqualTo(2);
    assertThat(err.toString())
        .contains("--reward-model or --reward is missing: name a reward model or a program");
  }

  private JsonNode compare(String model, String reference) throws IOException {
    return compare(model, reference, "--reward-model", FIXTURES.resolve("llama-reward").toString());
  }

  private JsonNode compare(String model, String reference, String judge, String named)
      throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      rows.add("{\"prompt\": \"is it %d?\"}".formatted(i));
    }
    Path data = Files.write(folder.resolve("prompts.jsonl"), rows);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] args = {
      "compare",
      "--model",
      FIXTURES.resolve(model).toString(),
      "--reference-model",
      FIXTURES.resolve(reference).toString(),
      judge,
      named,
      "--data",
      data.toString(),
      "--max-new-tokens",
      "12",
      "--json"
    };
    int code = Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    assertThat(code).as(err.toString()).isZero();
    return new ObjectMapper().readTree(out.toString());
  }
}
