package org.rlhf4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.Written;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;

/** Small runs of a stage in a folder of a test: two steps on four rows or prompts. */
final class SparkRuns {
  private static final Path MODEL =
      Path.of("../grpo/src/test/resources/fixtures/grpo/policy").toAbsolutePath();

  private final Path folder;
  private final StageType<?> stage;

  SparkRuns(Path folder, String stage) {
    this.folder = folder;
    this.stage = Stages.named(stage).orElseThrow();
  }

  /** A run; options and values in turns. */
  Path run(String name, String... options) throws IOException {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(MODEL.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("data", List.of(rows().toString()));
    given.put("steps", List.of("2"));
    given.put("learning-rate", List.of("0.01"));
    given.put("eval-fraction", List.of("0"));
    given.put("spark-conf", List.of("spark.ui.enabled=false"));
    if (isPolicy()) {
      given.put("reward-model", List.of(rewardModel().toString()));
      given.put("prompts-per-step", List.of("4"));
      given.put("max-new-tokens", List.of("6"));
      if (stage.name().equals("grpo")) {
        given.put("group-size", List.of("3"));
      }
    } else {
      given.put("batch-size", List.of("4"));
    }
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    train(stage, given);
    return folder.resolve(name);
  }

  private static <C extends Record> void train(StageType<C> stage, Map<String, List<String>> given)
      throws IOException {
    StageRun.train(stage, stage.settings().bind(Written.Mapping.EMPTY, given));
  }

  private boolean isPolicy() {
    return List.of("ppo", "grpo").contains(stage.name());
  }

  private Path rows() throws IOException {
    String answer =
        switch (stage.name()) {
          case "sft" -> ", \"completion\": \" It is %1$d.\"";
          case "reward", "dpo" -> ", \"chosen\": \" It is %1$d.\", \"rejected\": \" no\"";
          default -> "";
        };
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      lines.append(("{\"prompt\": \"Human: what is %1$d?\"" + answer + "}\n").formatted(i * i));
    }
    return Files.writeString(folder.resolve("rows.jsonl"), lines);
  }

  private Path rewardModel() throws IOException {
    Path reward = folder.resolve("reward-model");
    if (Files.exists(reward)) {
      return reward;
    }
    Files.createDirectory(reward);
    try (LanguageModel base = LanguageModel.load(MODEL);
        ScalarModel model = ScalarModel.from(base, 3)) {
      model.save(reward);
    }
    return reward;
  }
}
