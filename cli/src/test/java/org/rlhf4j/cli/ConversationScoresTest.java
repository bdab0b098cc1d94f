package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.cli.Outcome.written;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each command scores a completion of messages as {@code rlhf score} scores that conversation. */
class ConversationScoresTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FIXTURES = Path.of("../language-model/src/test/resources/fixtures");
  private static final String TURNS =
      "[{\"role\":\"system\",\"content\":\"be kind\"},{\"role\":\"user\",\"content\":\"the rain\"}]";
  private static final String OTHER_TURNS = "[{\"role\":\"user\",\"content\":\"a b\"}]";

  @TempDir private Path folder;
  private String policy;
  private String reward;
  private String data;

  @BeforeEach
  void write() throws IOException {
    policy = copy("llama-gqa-tied");
    template(
        policy,
        "{% for m in messages %}({{ m.content }}){% endfor %}{% if add_generation_prompt %}({% endif %}");
    reward = copy("llama-reward");
    template(
        reward,
        "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}\n{% endfor %}"
            + "{% if add_generation_prompt %}a: {% endif %}");
    Path rows = folder.resolve("rows.jsonl");
    Files.write(
        rows, List.of("{\"messages\":" + TURNS + "}", "{\"messages\":" + OTHER_TURNS + "}"));
    data = rows.toString();
  }

  private String copy(String fixture) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(fixture));
    try (Stream<Path> files = Files.list(FIXTURES.resolve(fixture)).filter(Files::isRegularFile)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy.toString();
  }

  private static void template(String model, String template) throws IOException {
    Files.writeString(Path.of(model, "chat_template.jinja"), template);
  }

  private static List<JsonNode> lines(String json) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : json.lines().toList()) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  /** The scores of these conversations by {@code rlhf score}. */
  private double[] scores(List<String> turns, List<String> completions) throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      ObjectNode row = JSON.createObjectNode().put("completion", completions.get(i));
      rows.add(row.set("prompt", JSON.readTree(turns.get(i))).toString());
    }
    Path file = Files.write(folder.resolve("answered.jsonl"), rows);
    return lines(written("score", "--reward-model", reward, "--data", file.toString())).stream()
        .mapToDouble(line -> line.get("score").doubleValue())
        .toArray();
  }

  private double[] scoresOfBoth(List<JsonNode> generated) throws IOException {
    return scores(
        List.of(TURNS, OTHER_TURNS),
        generated.stream().map(line -> line.get("completion").asText()).toList());
  }

  @Test
  void theBestOfSeveral() throws IOException {
    List<JsonNode> best =
        lines(
            written(
                "generate",
                "--model=" + policy,
                "--data=" + data,
                "--max-new-tokens=8",
                "--best-of=3",
                "--reward-model=" + reward));
    assertThat(best.stream().mapToDouble(line -> line.get("score").doubleValue()).toArray())
        .containsExactly(scoresOfBoth(best), within(1e-5));
  }

  @Test
  void aComparison() throws IOException {
    String[] greedy = {
      "--model=" + policy, "--data=" + data, "--max-new-tokens=8", "--temperature=0"
    };
    double[] expected = scoresOfBoth(lines(written(with(greedy, "generate"))));
    String json =
        written(
            with(
                greedy,
                "compare",
                "--reference-model=" + policy,
                "--reward-model=" + reward,
                "--json"));
    assertThat(JSON.readTree(json).get("reward").doubleValue())
        .isCloseTo(Arrays.stream(expected).average().orElseThrow(), within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ppo", "grpo"})
  void aStage(String stage) throws IOException {
    Path run = folder.resolve("run");
    written(
        stage,
        "--model=" + policy,
        "--reward-model=" + reward,
        "--data=" + data,
        "--output=" + run,
        "--steps=1",
        "--prompts-per-step=2",
        "--max-new-tokens=8");
    List<JsonNode> rollouts = lines(Files.readString(run.resolve("rollouts.jsonl")));
    assertThat(rollouts).hasSizeGreaterThanOrEqualTo(2);
    double[] expected =
        scores(
            rollouts.stream()
                .map(line -> line.get("prompt").asText().contains("kind") ? TURNS : OTHER_TURNS)
                .toList(),
            rollouts.stream().map(line -> line.get("completion").asText()).toList());
    assertThat(rollouts.stream().mapToDouble(line -> line.get("score").doubleValue()).toArray())
        .containsExactly(expected, within(1e-5));
  }

  private static String[] with(String[] options, String... command) {
    return Stream.concat(Arrays.stream(command), Arrays.stream(options)).toArray(String[]::new);
  }
}
