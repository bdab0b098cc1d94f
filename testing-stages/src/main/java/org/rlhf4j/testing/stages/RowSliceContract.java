package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;

/** Runs over rows whose gradients other processes compute, for each stage that learns from rows. */
public abstract class RowSliceContract {
  @TempDir private Path folder;
  private Path data;

  /** The stage. */
  protected abstract StageType<?> stage();

  /** The model that runs start from. */
  protected abstract Path model();

  /** The JSON of a row but for its prompt, with {@code %d} for a number of its own. */
  protected abstract String answer();

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      lines.add(
          String.format(
              Locale.ROOT, "{\"prompt\": \"Human: what is %d?\", " + answer() + "}", i, i * 7));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  /** A run; options and values in turns. */
  protected final Path run(String name, String... options) throws IOException {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(model().toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("eval-fraction", List.of("0"));
    given.put("schedule", List.of("constant"));
    given.put("checkpoint-every", List.of("1"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    train(stage(), given);
    return folder.resolve(name);
  }

  private static <C extends Record> void train(StageType<C> stage, Map<String, List<String>> given)
      throws IOException {
    StageRun.train(stage, stage.settings().bind(Written.Mapping.EMPTY, given));
  }

  /** Whatever the number of workers, also where results are lost, and after a kill. */
  @Test
  void theBitsAreTheSameWhereverTheyAreComputed() throws IOException {
    requireSameBits();
  }

  /**
   * Makes sure that runs of some options give the same bits.
   *
   * @param options and values in turns
   */
  protected final void requireSameBits(String... options) throws IOException {
    Path one = run("one", with(options, "spark", "here[1]", "steps", "4"));
    Path three = run("three", with(options, "spark", "here[3]", "steps", "4"));
    requireSame(one, three);
    RunFiles.killAfter(2, three);
    run("three", with(options, "spark", "here[2]", "steps", "4", "resume", "true"));
    requireSame(one, three);
    Path other = run("other", with(options, "spark", "here[1]", "steps", "3"));
    assertThat(Files.mismatch(weights(one), weights(other))).isNotEqualTo(-1);
  }

  private static void requireSame(Path one, Path other) throws IOException {
    assertThat(RunFiles.withoutClock(other)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(Files.mismatch(weights(one), weights(other))).isEqualTo(-1);
  }

  @Test
  void aStepIsThatOfOneProcess() throws IOException {
    requireStepOfOneProcess();
  }

  /** The sums are taken in another order, which floats feel in their last digits. */
  protected final void requireStepOfOneProcess(String... options) throws IOException {
    String[] step = with(options, "steps", "1", "adam-epsilon", "1", "max-grad-norm", "0");
    Path here = run("here", step);
    Path sliced = run("sliced", with(step, "spark", "here[2]"));
    for (String metric : List.of("loss", "grad_norm")) {
      double expected = metric(here, metric);
      assertThat(metric(sliced, metric)).isCloseTo(expected, within(1e-5 * Math.abs(expected)));
    }
    Safetensors expected = Safetensors.open(weights(here));
    Safetensors given = Safetensors.open(weights(sliced));
    for (String name : expected.entries().keySet()) {
      float[] numbers = expected.values(name);
      float[] others = given.values(name);
      for (int i = 0; i < numbers.length; i++) {
        assertThat(others[i]).isCloseTo(numbers[i], within(1e-7f));
      }
    }
  }

  private static double metric(Path run, String name) throws IOException {
    return RunFiles.lines(run.resolve("metrics.jsonl")).get(0).get(name).doubleValue();
  }

  private static Path weights(Path run) {
    return run.resolve("model/model.safetensors");
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void aLossThatIsNotFiniteLeavesItsBatch() {
    assertThatThrownBy(
            () ->
                run(
                    "run",
                    "spark",
                    "here[1]",
                    "learning-rate",
                    "1e30",
                    "max-grad-norm",
                    "0",
                    "steps",
                    "3"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("failed-batch.jsonl");
    assertThat(folder.resolve("run/failed-batch.jsonl")).exists();
  }

  @Test
  void dropoutIsRefused() {
    assertThatThrownBy(
            () -> run("run", "spark", "here[1]", "lora-rank", "2", "lora-dropout", "0.1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora-dropout must be 0 with --spark");
  }
}
