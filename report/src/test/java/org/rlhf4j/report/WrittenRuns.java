package org.rlhf4j.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Run directories as the stages leave them, written without training anything. */
final class WrittenRuns {

  /** A text that would break out of a page that took it for HTML. */
  static final String HOSTILE =
      "</script><script>window.broken = 1</script><img src=x onerror=\"window.broken = 2\"><!--";

  static final Path TOKENIZER = Path.of("../rollout/src/test/resources/fixtures/tiny");

  private static final ObjectMapper JSON = new ObjectMapper();

  private WrittenRuns() {}

  /** A fine-tuning run of so many steps whose losses fall. */
  static Path sft(Path folder, int steps) throws IOException {
    config(folder, "stage: sft", "train-on: [completion]", "learning-rate: 0.1");
    List<ObjectNode> metrics = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      ObjectNode line = line(step, Map.of("loss", 4.0 / step, "grad_norm", 1.0));
      metrics.add(step % 10 == 0 ? line.put("eval_loss", 5.0 / step) : line);
    }
    lines(folder.resolve("metrics.jsonl"), metrics);
    lines(
        folder.resolve("samples.jsonl"), List.of(sample(0, "hi", "?"), sample(steps, "hi", "yes")));
    return folder;
  }

  /** A reward run with an evaluation of 120 pairs. */
  static Path reward(Path folder) throws IOException {
    config(folder, "stage: reward", "center-coefficient: 0");
    lines(
        folder.resolve("metrics.jsonl"),
        List.of(
            line(1, Map.of("loss", 0.7, "accuracy", 0.5)),
            line(2, Map.of("loss", 0.5, "accuracy", 0.9, "eval_accuracy", 0.8))));
    Files.writeString(
        folder.resolve("evaluation.json"),
        """
        {"pairs": 120, "accuracy": 0.8, "accuracy_low": 0.72, "accuracy_high": 0.86,
         "length_accuracy": 0.5, "calibration": [
          {"low": 0.5, "high": 0.75, "pairs": 40, "predicted": 0.6, "observed": 0.55},
          {"low": 0.75, "high": 1.0, "pairs": 80, "predicted": 0.9, "observed": 0.95}],
         "breakdowns": [{"by": "file", "parts": [
          {"name": "a.csv", "pairs": 70, "accuracy": 0.9, "accuracy_low": 0.81,
           "accuracy_high": 0.95, "length_accuracy": 0.6},
          {"name": "b.csv", "pairs": 50, "accuracy": 0.66, "accuracy_low": 0.52,
           "accuracy_high": 0.78, "length_accuracy": 0.4}]}],
         "most_wrong": [
          {"location": "b.csv:7:1", "prompt": "How?", "chosen": "So.", "rejected": "Not so.",
           "chosen_score": -1.5, "rejected_score": 2.25}]}
        """);
    return folder;
  }

  /**
   * A PPO run whose reward rises by 0.1 a step, though hardly a completion ends.
   *
   * @param tokens of each of a step's completions, of which there are so many groups of one
   */
  static Path ppo(Path folder, int steps, int groups, int tokens, String text) throws IOException {
    config(
        folder,
        "stage: ppo",
        "ppo-epochs: 4",
        "learning-rate: 0.2",
        "note: '" + text.lines().findFirst().orElse("") + "'");
    List<ObjectNode> metrics = new ArrayList<>();
    List<ObjectNode> rollouts = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      metrics.add(
          line(
              step,
              Map.of("reward", 0.1 * step, "reward_std", 1, "kl", 0.01 * step, "ended", 0.01)));
      for (int group = 0; group < groups; group++) {
        rollouts.add(rollout(step, group, 0.1 * step + 0.001 * group, tokens, text));
      }
    }
    lines(folder.resolve("metrics.jsonl"), metrics);
    lines(folder.resolve("rollouts.jsonl"), rollouts);
    lines(
        folder.resolve("samples.jsonl"),
        List.of(
            sample(0, text, "no").put("score", -1.0),
            sample(steps, text, "so " + text).put("score", 2.0)));
    Files.writeString(folder.resolve("finished"), steps + "\n");
    return folder;
  }

  static ObjectNode rollout(int step, int group, double score, int tokens, String text) {
    ObjectNode line = JSON.createObjectNode().put("step", step).put("group", group);
    line.putArray("prompt_ids").add(5);
    ArrayNode ids = line.putArray("completion_ids");
    line.put("score", score);
    List<ArrayNode> perToken = new ArrayList<>();
    for (String name : List.of("logprobs", "ref_logprobs", "values", "advantages")) {
      perToken.add(line.putArray(name));
    }
    for (int t = 0; t < tokens; t++) {
      ids.add(t == tokens - 1 ? 0 : 3 + t % 90);
      for (int i = 0; i < perToken.size(); i++) {
        perToken.get(i).add(Math.sin(t + i));
      }
    }
    return line.put("prompt", text).put("completion", text);
  }

  static ObjectNode sample(int step, String prompt, String completion) {
    return JSON.createObjectNode()
        .put("step", step)
        .put("prompt", prompt)
        .put("completion", completion)
        .put("ended", true);
  }

  static ObjectNode line(int step, Map<String, ? extends Number> values) {
    ObjectNode line = JSON.createObjectNode().put("step", step);
    values.forEach((name, value) -> line.put(name, value.doubleValue()));
    return line;
  }

  static void lines(Path file, List<ObjectNode> lines) throws IOException {
    Files.write(file, lines.stream().map(ObjectNode::toString).toList());
  }

  static void withTokenizer(Path run) throws IOException {
    Path model = Files.createDirectories(run.resolve("model"));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(TOKENIZER.resolve(file), model.resolve(file));
    }
  }

  private static void config(Path folder, String... lines) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("config.yaml"), List.of(lines));
  }
}
