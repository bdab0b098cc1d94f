package org.rlhf4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.health.TrainingHealth;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.MetricsLog;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.StepLines;

/**
 * What a run directory holds, as far as a report shows it; rollouts are read apart.
 *
 * @param folder the run directory
 * @param name what the report calls it
 * @param stage its stage; empty for a run whose configuration doesn't name it
 * @param settings the resolved configuration, a list in one text
 * @param metrics by step
 * @param evaluation {@code evaluation.json}; a missing node where there is none
 * @param samples the lines of {@code samples.jsonl}
 * @param finished whether it came to its end
 */
record ReportedRun(
    Path folder,
    String name,
    Optional<StageType<?>> stage,
    Map<String, String> settings,
    SortedMap<Integer, Metrics> metrics,
    JsonNode evaluation,
    List<ObjectNode> samples,
    boolean finished) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What makes a folder a run directory. */
  static final String METRICS = "metrics.jsonl";

  /**
   * Reads a run directory.
   *
   * @param folder holds {@code metrics.jsonl}
   * @param name what to call it
   * @throws UserException when a file in it is malformed
   * @throws IOException when one can't be read
   */
  static ReportedRun read(Path folder, String name) throws IOException {
    Map<String, String> settings = settings(folder);
    Path samples = folder.resolve("samples.jsonl");
    return new ReportedRun(
        folder,
        name,
        stage(settings),
        settings,
        MetricsLog.read(folder.resolve(METRICS)),
        evaluation(folder.resolve("evaluation.json")),
        Files.exists(samples) ? StepLines.read(samples) : List.of(),
        Files.exists(folder.resolve("finished")));
  }

  static Optional<StageType<?>> stage(Map<String, String> settings) {
    return Optional.ofNullable(settings.get(RunDirectory.STAGE)).flatMap(Stages::named);
  }

  /** The heading under which its curves stand. */
  String group() {
    return RunHeading.of(stage).group();
  }

  /** What it is watched for. */
  List<HealthCheck> checks() {
    return stage.isPresent() ? stage.get().checks() : TrainingHealth.CHECKS;
  }

  /** The number format of its networks. */
  Precision precision() {
    return "bf16".equals(settings.get("precision")) ? Precision.BF16 : Precision.FP32;
  }

  private static JsonNode evaluation(Path file) throws IOException {
    if (!Files.exists(file)) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new UserException(file + ": isn't JSON: " + e.getOriginalMessage(), e);
    }
  }

  static Map<String, String> settings(Path folder) {
    Path file = folder.resolve("config.yaml");
    Map<String, String> settings = new LinkedHashMap<>();
    if (Files.exists(file)) {
      SettingsYaml.read(file)
          .entries()
          .forEach((name, entry) -> settings.put(name, text(entry.value())));
    }
    return settings;
  }

  private static String text(Written value) {
    if (value instanceof Written.Scalar scalar) {
      return scalar.text();
    }
    if (value instanceof Written.Sequence sequence) {
      return sequence.items().stream().map(ReportedRun::text).collect(Collectors.joining(", "));
    }
    if (value instanceof Written.Mapping mapping) {
      return mapping.entries().entrySet().stream()
          .map(entry -> entry.getKey() + ": " + text(entry.getValue().value()))
          .collect(Collectors.joining(", "));
    }
    return "";
  }
}
