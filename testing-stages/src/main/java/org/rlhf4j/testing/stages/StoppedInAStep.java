package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.training.Stage;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.TrainingLoop;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.run.AtomicFiles;

/** Runs that are asked to stop while they make a step. */
final class StoppedInAStep {

  private StoppedInAStep() {}

  /** Makes a run that is asked to stop as it begins with a step, and ends in that step. */
  static <C extends Record> void run(StageType<C> type, C config, int step) {
    StopFlag stop = new StopFlag();
    assertThatThrownBy(
            () ->
                StageRun.open(
                    type,
                    config,
                    Display.stderr(),
                    (run, loop, evaluation, stage, display) ->
                        new TrainingLoop(
                                run, loop, evaluation, raising(stage, step, stop), display, stop)
                            .run()))
        .isInstanceOf(StoppedException.class)
        .hasMessageEndingWith(": interrupted, resume with --resume");
  }

  /** A stage that is asked to stop as it begins with a step. */
  private static Stage raising(Stage stage, int step, StopFlag stop) {
    return (Stage)
        Proxy.newProxyInstance(
            Stage.class.getClassLoader(),
            new Class<?>[] {Stage.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("step") && arguments[0].equals(step)) {
                stop.raise();
              }
              try {
                return method.invoke(stage, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /**
   * Makes sure that a run that was stopped in a step holds of another run the steps before, and the
   * checkpoint of the last of them.
   */
  static void requireStepsBefore(int step, Path stopped, Path whole) throws IOException {
    assertThat(RunFiles.withoutClock(stopped))
        .isEqualTo(RunFiles.withoutClock(whole).subList(0, step - 1));
    if (step == 1) {
      assertThat(stopped.resolve("checkpoints")).isEmptyDirectory();
    } else {
      requireCheckpointOf(step - 1, stopped, whole);
    }
  }

  /** Makes sure that the newest checkpoint of a run is that of another run, byte for byte. */
  static void requireCheckpointOf(int step, Path stopped, Path whole) throws IOException {
    Path written = stopped.resolve("checkpoints/step-" + step);
    Path expected = whole.resolve("checkpoints/step-" + step);
    assertThat(AtomicFiles.list(written.getParent()))
        .allSatisfy(other -> assertThat(number(other)).isLessThanOrEqualTo(step));
    assertThat(names(written)).isEqualTo(names(expected));
    for (Path file : AtomicFiles.list(expected)) {
      assertThat(written.resolve(file.getFileName())).hasSameBinaryContentAs(file);
    }
  }

  private static int number(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().substring("step-".length()));
  }

  private static List<String> names(Path checkpoint) throws IOException {
    return AtomicFiles.list(checkpoint).stream()
        .map(file -> file.getFileName().toString())
        .sorted()
        .toList();
  }
}
