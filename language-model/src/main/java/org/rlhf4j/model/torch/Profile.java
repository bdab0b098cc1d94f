package org.rlhf4j.model.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * Where the process's time and memory go: for each kind of work on networks the seconds spent and
 * the largest resident memory meanwhile. Off until it is started. Memory is read from the kernel,
 * where it tells it (Linux), else it is 0.
 */
public final class Profile {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");
  private static final String PEAK = "VmHWM:";

  private static final Map<Work, Use> USES = new EnumMap<>(Work.class);
  private static boolean started;

  private Profile() {}

  /** Kinds of work. */
  public enum Work {
    /** Generating tokens. */
    SAMPLING,
    /** Forward passes without gradients: log-probabilities, scores, values. */
    SCORING,
    /** Forward passes whose gradients are wanted. */
    FORWARD,
    /** Backward passes, the loss's own arithmetic included. */
    BACKWARD,
    /** Gradient norm, clipping and weight updates. */
    OPTIMIZER
  }

  /**
   * What one kind of work took.
   *
   * @param seconds how long
   * @param peakGib the largest resident memory of the process meanwhile, in GiB
   */
  public record Use(double seconds, double peakGib) {
    /** Both together: the sum of the seconds, the larger peak. */
    public Use and(Use other) {
      return new Use(seconds + other.seconds, Math.max(peakGib, other.peakGib));
    }
  }

  /** Work under way, from its making to its closing. */
  public static final class Span implements AutoCloseable {
    private final Work work;
    private final long start;

    private Span(Work work) {
      this.work = work;
      if (started) {
        resetPeak();
      }
      this.start = System.nanoTime();
    }

    @Override
    public void close() {
      if (started) {
        add(work, new Use((System.nanoTime() - start) / 1e9, peakGib()));
      }
    }
  }

  /** Begins to count, from nothing. */
  public static synchronized void start() {
    started = true;
    USES.clear();
  }

  /** Ends the counting. */
  public static synchronized void stop() {
    started = false;
    USES.clear();
  }

  /** What was counted since the last call, or the start: each kind of work that there was. */
  public static synchronized Map<Work, Use> take() {
    Map<Work, Use> taken = new EnumMap<>(Work.class);
    taken.putAll(USES);
    USES.clear();
    return taken;
  }

  /** Begins to count as this kind of work; spans don't nest. */
  public static Span span(Work work) {
    return new Span(work);
  }

  private static synchronized void add(Work work, Use use) {
    USES.merge(work, use, Use::and);
  }

  /** Makes the kernel's peak start from what is resident now. */
  private static void resetPeak() {
    try {
      Files.writeString(CLEAR, "5");
    } catch (IOException e) {
      // The peak is then that of the whole process so far.
    }
  }

  private static double peakGib() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(PEAK)) {
          return Long.parseLong(line.replaceAll("\\D", "")) / (double) (1 << 20);
        }
      }
    } catch (IOException e) {
      return 0;
    }
    return 0;
  }
}
