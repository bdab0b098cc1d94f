package org.rlhf4j.bench;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.display.Progress;
import org.rlhf4j.training.display.ProgressListener;

/**
 * Trains a stage and watches what its steps leave behind: open tensors at two steps, and the slopes
 * of the lines of least squares through the resident memory and the used Java heap of the steps
 * between. Java's garbage holds native memory until it is collected, which the tiny model gives
 * reason to only every few hundred steps. So it is collected before each reading: what stays then
 * is what the steps keep. {@code .ci/memory} runs it.
 */
public final class StepMemory {

  private static final long PAGE = 4096;
  private static final int NUMBERS_OF_A_KIBIBYTE = 256;

  private StepMemory() {}

  /**
   * Its options.
   *
   * @param stage the stage
   * @param config its configuration, with its output folder
   * @param from the step whose open tensors are compared with those of the last; the line begins at
   *     twice that
   * @param every steps from one reading of the memory to the next
   * @param leak whether each step leaves an array of 1 KiB behind, on purpose
   */
  record Options(
      @Setting(help = "Stage to train.", required = true) String stage,
      @Setting(help = "Configuration file of the stage.", required = true) Path config,
      @Setting(help = "Step that the last one is compared with.", defaultValue = "100") int from,
      @Setting(help = "Steps between readings.", defaultValue = "20") int every,
      @Setting(help = "Keep an array of 1 KiB at each step.", defaultValue = "false")
          boolean leak) {}

  /**
   * Trains and prints one JSON line.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    measurement().main(args);
  }

  static Measurement<Options> measurement() {
    return new Measurement<>(Options.class, StepMemory::measure);
  }

  private static void measure(Options chosen, ObjectNode line) throws IOException {
    StageType<?> type =
        Stages.named(chosen.stage())
            .orElseThrow(() -> new UsageException("--stage: name one of " + Stages.names()));
    Watch watch = new Watch(chosen);
    train(type, chosen.config(), watch);
    line.put("stage", type.name()).put("steps", watch.steps);
    line.put("arrays_before", watch.arraysBefore).put("arrays_at_end", watch.arrays);
    line.put("resident_mib", watch.resident / (1 << 20));
    line.put("bytes_per_step", Math.round(watch.residentLine.slope()));
    line.put("heap_bytes_per_step", Math.round(watch.heapLine.slope()));
  }

  private static <C extends Record> void train(StageType<C> type, Path config, Watch watch)
      throws IOException {
    C bound = type.settings().bind(SettingsYaml.read(config), Map.of());
    StageRun.train(type, bound, watch);
  }

  /** Looks at the process after a step. */
  private static final class Watch implements ProgressListener {
    private final NDManager kept = NDManager.newBaseManager();
    private final Options chosen;
    private final Line residentLine = new Line();
    private final Line heapLine = new Line();
    private int steps;
    private int arraysBefore;
    private int arrays;
    private long resident;

    Watch(Options chosen) {
      this.chosen = chosen;
    }

    @Override
    public void step(Progress progress) {
      if (chosen.leak()) {
        kept.create(new float[NUMBERS_OF_A_KIBIBYTE]);
      }
      steps = progress.step();
      arrays = LiveArrays.count();
      arraysBefore = steps == chosen.from() ? arrays : arraysBefore;
      if (steps % chosen.every() == 0) {
        read();
      }
    }

    private void read() {
      System.gc();
      NativeLibrary.getInstance("c").getFunction("malloc_trim").invokeInt(new Object[] {0L});
      resident = resident();
      if (steps >= 2 * chosen.from()) {
        residentLine.add(steps, (double) resident);
        heapLine.add(
            steps, (double) ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
      }
    }

    private static long resident() {
      try {
        List<String> pages = List.of(Files.readString(Path.of("/proc/self/statm")).split(" "));
        return Long.parseLong(pages.get(1)) * PAGE;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A line of least squares through points. */
  private static final class Line {
    private int count;
    private double sumX;
    private double sumY;
    private double sumXx;
    private double sumXy;

    void add(double x, double y) {
      count++;
      sumX += x;
      sumY += y;
      sumXx += x * x;
      sumXy += x * y;
    }

    double slope() {
      return (count * sumXy - sumX * sumY) / (count * sumXx - sumX * sumX);
    }
  }
}
