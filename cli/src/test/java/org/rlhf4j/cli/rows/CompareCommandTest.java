package org.rlhf4j.cli.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.cli.Outcome.rlhf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;

class CompareCommandTest {

  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");

  @TempDir private Path folder;

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

  /** A run's last evaluation, and what is found of its model afterwards. */
  @Test
  void findsWhatTheRunFound() throws IOException {
    Path run = folder.resolve("run");
    String judge = FIXTURES.resolve("llama-reward").toString();
    String[] args = {
      "grpo",
      "--model=" + FIXTURES.resolve("llama-gqa-tied"),
      "--reward-model=" + judge,
      "--data=" + prompts(),
      "--eval-data=" + prompts(),
      "--output=" + run,
      "--steps=1",
      "--prompts-per-step=2",
      "--group-size=2",
      "--max-new-tokens=12",
      "--learning-rate=1e-3"
    };
    rlhf(args).succeeded();

    JsonNode found = new ObjectMapper().readTree(run.resolve("evaluation.json").toFile());
    JsonNode compared =
        compared(
            run.toString(), FIXTURES.resolve("llama-gqa-tied").toString(), "--reward-model", judge);
    assertThat(compared.fieldNames()).toIterable().containsExactlyElementsOf(names(found));
    found
        .properties()
        .forEach(
            field ->
                assertThat(compared.get(field.getKey()).doubleValue())
                    .as(field.getKey())
                    .isCloseTo(field.getValue().doubleValue(), within(1e-5)));
    assertThat(found.get("kl").doubleValue()).isNotZero();
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void aJudgeIsNeeded() {
    Outcome outcome = rlhf("compare", "--model=m", "--reference-model=r", "--data=d.csv");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("--reward-model or --reward is missing: name a reward model or a program");
  }

  private JsonNode compare(String model, String reference) throws IOException {
    return compare(model, reference, "--reward-model", FIXTURES.resolve("llama-reward").toString());
  }

  private JsonNode compare(String model, String reference, String judge, String named)
      throws IOException {
    return compared(
        FIXTURES.resolve(model).toString(), FIXTURES.resolve(reference).toString(), judge, named);
  }

  private Path prompts() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      rows.add(String.format(Locale.ROOT, "{\"prompt\": \"is it %d?\"}", i));
    }
    return Files.write(folder.resolve("prompts.jsonl"), rows);
  }

  private JsonNode compared(String model, String reference, String judge, String named)
      throws IOException {
    String[] args = {
      "compare",
      "--model",
      model,
      "--reference-model",
      reference,
      judge,
      named,
      "--data",
      prompts().toString(),
      "--max-new-tokens",
      "12",
      "--json"
    };
    return rlhf(args).succeeded().json();
  }
}
