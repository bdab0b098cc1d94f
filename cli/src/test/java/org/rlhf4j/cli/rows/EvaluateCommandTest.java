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
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;

/** evaluate: breakdowns, the page, and two models of different tokenizers on the same rows. */
class EvaluateCommandTest {

  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final String LLAMA = FIXTURES.resolve("llama-reward").toString();
  private static final String GPT2 = FIXTURES.resolve("gpt2-reward").toString();
  private static final int ROWS = 24;

  @TempDir private Path folder;
  private String data;

  private static Outcome evaluate(String model, String... options) {
    List<String> args = new ArrayList<>(List.of("evaluate", "--reward-model", model));
    args.addAll(Arrays.asList(options));
    return rlhf(args.toArray(String[]::new));
  }

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      lines.add(
          """
          {"prompt": "the rain", "chosen": "%s is ending", "rejected": "%s", "from": "%s"}"""
              .formatted(
                  " and".repeat(i % 5), " the".repeat(1 + i % 7), i % 3 == 0 ? "web" : "us"));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines).toString();
  }

  @Test
  void breaksTheAccuracyDownByAColumn() throws IOException {
    JsonNode json = evaluate(LLAMA, "--data", data, "--by", "from", "--json").json();
    JsonNode from = json.get("breakdowns").get(0);
    assertThat(from.get("by").textValue()).isEqualTo("from");
    assertThat(from.get("parts"))
        .extracting(part -> part.get("name").textValue() + " " + part.get("pairs").intValue())
        .containsExactly("us 16", "web 8");
    double right = 0;
    for (JsonNode part : from.get("parts")) {
      right += part.get("accuracy").doubleValue() * part.get("pairs").intValue();
    }
    assertThat(right / ROWS).isCloseTo(json.get("accuracy").doubleValue(), within(1e-9));
    assertThat(json.get("pairs").intValue()).isEqualTo(ROWS);

    Outcome text = evaluate(LLAMA, "--data", data, "--by", "from");
    assertThat(text.out()).contains("from                      pairs", "web ");
  }

  @Test
  void severalFilesAreABreakdownToo() throws IOException {
    Path second = Files.copy(Path.of(data), folder.resolve("more.jsonl"));
    JsonNode json = evaluate(LLAMA, "--data", data, "--data", second.toString(), "--json").json();
    assertThat(json.get("breakdowns").get(0).get("by").textValue()).isEqualTo("file");
  }

  @Test
  void aColumnThatARowLacksIsABadRow() {
    Outcome outcome = evaluate(LLAMA, "--data", data, "--by", "source");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("rows.jsonl:1:1: no \"source\" (fields: prompt, chosen, rejected, from)")
        .contains("add it or change --by");
  }

  @Test
  void twoModelsAreHeldAgainstEachOther() throws IOException {
    double first = evaluate(LLAMA, "--data", data, "--json").json().get("accuracy").doubleValue();
    double second = evaluate(GPT2, "--data", data, "--json").json().get("accuracy").doubleValue();
    JsonNode against =
        evaluate(LLAMA, "--data", data, "--against", GPT2, "--json").json().get("against");
    assertThat(against.get("reward_model").textValue()).isEqualTo("gpt2-reward");
    assertThat(against.get("pairs").intValue()).isEqualTo(ROWS);
    assertThat(against.get("accuracy").doubleValue()).isCloseTo(first, within(1e-9));
    assertThat(against.get("other_accuracy").doubleValue()).isCloseTo(second, within(1e-9));
    assertThat(against.get("difference").doubleValue()).isCloseTo(first - second, within(1e-9));
    assertThat(against.get("better").intValue() - against.get("worse").intValue())
        .isEqualTo((int) Math.round((first - second) * ROWS));

    JsonNode itself =
        evaluate(LLAMA, "--data", data, "--against", LLAMA, "--json").json().get("against");
    assertThat(itself.get("p_value").doubleValue()).isEqualTo(1);
    assertThat(itself.get("reward_model").textValue()).isEqualTo(LLAMA);
    assertThat(evaluate(LLAMA, "--data", data, "--against", GPT2).out())
        .contains("against gpt2-reward", "(McNemar, exact)");
  }

  /** Each model keeps the rows that fit it; they are compared on those that fit both. */
  @Test
  void onlyRowsThatFitBothAreCompared() throws IOException {
    Outcome outcome =
        evaluate(LLAMA, "--data", data, "--against", GPT2, "--max-length", "9", "--json");
    int pairs = outcome.json().get("pairs").intValue();
    assertThat(pairs).isBetween(1, ROWS - 1);
    assertThat(outcome.json().get("against").get("pairs").intValue()).isBetween(1, pairs);
  }

  /** Messages are judged as the reward model's own template writes them. */
  @Test
  void eachModelHasItsOwnTemplate() throws IOException {
    String first = withTemplate("first", "the {{ m.content }} and", "the ");
    String second = withTemplate("second", "is {{ m.content }} ing", "is ");
    List<String> messages = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (String end : List.of("is ending", "and", "is", "the rain is ending and")) {
      messages.add(
          """
          {"prompt": [{"role": "user", "content": "the rain"}],
           "chosen": [{"role": "assistant", "content": "%s"}],
           "rejected": [{"role": "assistant", "content": "the"}]}"""
              .formatted(end)
              .replace("\n", ""));
      texts.add(
          """
          {"prompt": "the the rain andthe ", "chosen": "%s and", "rejected": "the and"}"""
              .formatted(end));
    }
    Path rows = Files.write(folder.resolve("messages.jsonl"), messages);
    Path rendered = Files.write(folder.resolve("texts.jsonl"), texts);
    JsonNode judged =
        evaluate(first, "--data", rows.toString(), "--against", second, "--json").json();
    assertThat(judged.get("loss").doubleValue())
        .isCloseTo(
            evaluate(first, "--data", rendered.toString(), "--json")
                .json()
                .get("loss")
                .doubleValue(),
            within(1e-6));
    assertThat(judged.get("against").get("pairs").intValue()).isEqualTo(4);
    assertThat(
            evaluate(second, "--data", rows.toString(), "--json").json().get("loss").doubleValue())
        .isNotCloseTo(judged.get("loss").doubleValue(), within(1e-4));
  }

  /** Of two pairs: margin β (log π/π_ref of the one − of the other), as `logprobs` has them. */
  @Test
  void aPolicyIsJudgedByTheRewardThatItImplies() throws IOException {
    String policy = FIXTURES.resolve("lora-llama").toString();
    String reference = FIXTURES.resolve("llama-gqa-tied").toString();
    JsonNode judged =
        policy(policy, "--reference-model", reference, "--beta", "0.5", "--json").json();
    double own = marginOf(policy);
    double other = marginOf(reference);
    assertThat(judged.get("margin_mean").doubleValue())
        .isCloseTo(0.5 * (own - other), within(1e-4));
    assertThat(judged.get("pairs").intValue()).isEqualTo(ROWS);

    JsonNode alone = policy(policy, "--json").json();
    assertThat(alone.get("margin_mean").doubleValue()).isCloseTo(0.1 * own, within(1e-4));
    JsonNode perToken = policy(policy, "--per-token", "--json").json();
    assertThat(perToken.get("margin_mean").doubleValue()).isNotCloseTo(0.1 * own, within(1e-3));
    JsonNode itself = policy(policy, "--reference-model", policy, "--json").json();
    assertThat(itself.get("margin_mean").doubleValue()).isZero();
    assertThat(itself.get("ties").intValue()).isEqualTo(ROWS);
    assertThat(policy(policy, "--against", LLAMA, "--json").json().get("against").get("pairs"))
        .isEqualTo(judged.get("pairs"));
  }

  private Outcome policy(String model, String... options) {
    List<String> args = new ArrayList<>(List.of("evaluate", "--model", model, "--data", data));
    args.addAll(Arrays.asList(options));
    return rlhf(args.toArray(String[]::new));
  }

  /** The mean of log π(chosen) − log π(rejected) by another command. */
  private double marginOf(String model) throws IOException {
    List<String> sides = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(data))) {
      JsonNode row = new ObjectMapper().readTree(line);
      for (String side : List.of("chosen", "rejected")) {
        sides.add(
            new ObjectMapper()
                .createObjectNode()
                .put("prompt", row.get("prompt").textValue())
                .put("completion", row.get(side).textValue() + "<|endoftext|>")
                .toString());
      }
    }
    Path file = Files.write(folder.resolve("sides.jsonl"), sides);
    String out = rlhf("logprobs", "--model", model, "--data", file.toString()).out();
    double margin = 0;
    int line = 0;
    for (String answer : out.lines().toList()) {
      double sum = 0;
      for (JsonNode logprob : new ObjectMapper().readTree(answer).get("logprobs")) {
        sum += logprob.doubleValue();
      }
      margin += (line++ % 2 == 0 ? sum : -sum) / ROWS;
    }
    return margin;
  }

  @Test
  void whatIsJudgedIsOneThing() {
    String model = FIXTURES.resolve("llama-gqa-tied").toString();
    assertThat(rlhf("evaluate", "--data", data).err())
        .contains("reward-model is missing; give it, or --model for a policy");
    assertThat(evaluate(LLAMA, "--data", data, "--model", model).err())
        .contains("model is judged in place of a reward model; leave out --reward-model");
    assertThat(evaluate(LLAMA, "--data", data, "--beta", "1").err())
        .contains("reference-model and --beta and --per-token are of a policy");
  }

  private String withTemplate(String name, String message, String opening) throws IOException {
    Path model = Files.createDirectory(folder.resolve(name));
    try (Stream<Path> files = Files.list(Path.of(LLAMA)).filter(Files::isRegularFile)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for m in messages %}"
            + message
            + "{% endfor %}{% if add_generation_prompt %}"
            + opening
            + "{% endif %}");
    return model.toString();
  }

  @Test
  void theReportIsAPage() throws IOException {
    Path page = folder.resolve("reward.html");
    Outcome outcome =
        evaluate(LLAMA, "--data", data, "--against", GPT2, "--html", page.toString(), "--json");
    assertThat(outcome.json().get("pairs").intValue()).isEqualTo(ROWS);
    assertThat(outcome.err()).contains("report: " + page);
    assertThat(Files.readString(page))
        .startsWith("<!DOCTYPE html>")
        .contains("\"llama-reward\"", "\"gpt2-reward\"", "\"most_wrong\"", "default-src 'none'");

    Outcome refused = evaluate(LLAMA, "--data", data, "--html", folder.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains(folder + ": is a folder; give --html a file");
  }
}
