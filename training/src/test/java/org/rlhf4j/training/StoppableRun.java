package org.rlhf4j.training;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.rlhf4j.training.run.RunDirectory;

/** A run of the fake stage in a process of its own that waits in a step until it is ended. */
public final class StoppableRun {

  static final int STEPS = 12;
  static final LoopSettings SETTINGS = new LoopSettings(1, null, true, null, false, 3, 2, false);

  private static final int WAITS_AT = 8;

  private StoppableRun() {}

  /** Arguments: the output folder. Prints a line when it waits. */
  public static void main(String[] arguments) throws IOException {
    try (RunDirectory run = RunDirectory.open(Path.of(arguments[0]), false)) {
      new TrainingLoop(run, SETTINGS, new FakeStage(STEPS, StoppableRun::waitAt)).run();
    }
  }

  private static void waitAt(int step) {
    if (step == WAITS_AT) {
      System.out.println("waiting");
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Starts the process. */
  public static Process launch(Path output) throws IOException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    return new ProcessBuilder(
            List.of(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                StoppableRun.class.getName(),
                output.toString()))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Starts the process and returns once it waits, having made 7 steps. */
  public static Process start(Path output) throws IOException {
    Process process = launch(output);
    String line = process.inputReader(StandardCharsets.UTF_8).readLine();
    if (!"waiting".equals(line)) {
      throw new IllegalStateException("the process ended: " + line);
    }
    return process;
  }
}
