package org.rlhf4j.testing.stages;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;

/** Small runs of a stage that learns from rows: steps of 4 of 12 rows. */
abstract class RowRuns {
  private final RowStage stage;
  @TempDir private Path folder;
  private Path data;

  RowRuns(RowStage stage) {
    this.stage = stage;
  }

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"Human: what is %d?\", " + stage.answer() + "}",
              i,
              i * 7));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  /** Where a run goes. */
  protected final Path folder(String name) {
    return folder.resolve(name);
  }

  /** A run; options and values in turns. */
  protected final Path run(String name, String... options) throws IOException {
    train(stage.type(), given(name, options));
    return folder(name);
  }

  private static <C extends Record> void train(StageType<C> stage, Map<String, List<String>> given)
      throws IOException {
    StageRun.train(stage, stage.settings().bind(Written.Mapping.EMPTY, given));
  }

  /** A run that is asked to stop as it begins with a step; options and values in turns. */
  protected final Path runUntil(int step, String name, String... options) {
    stopIn(step, stage.type(), given(name, options));
    return folder(name);
  }

  private static <C extends Record> void stopIn(
      int step, StageType<C> stage, Map<String, List<String>> given) {
    StoppedInAStep.run(stage, stage.settings().bind(Written.Mapping.EMPTY, given), step);
  }

  private Map<String, List<String>> given(String name, String... options) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(stage.model().toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("eval-fraction", List.of("0"));
    given.put("schedule", List.of("constant"));
    given.put("checkpoint-every", List.of("1"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    return given;
  }

  /** Options and values with more of them. */
  protected static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
