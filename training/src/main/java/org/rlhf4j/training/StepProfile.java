package org.rlhf4j.training;

import java.io.PrintStream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.model.torch.Profile;
import org.rlhf4j.model.torch.Profile.Use;
import org.rlhf4j.model.torch.Profile.Work;
import org.rlhf4j.training.run.Metrics;

/**
 * Where the time and memory of steps went: {@code sampling_seconds}, {@code sampling_peak_gib} and
 * so on for each kind of work that a step had, and {@code other_seconds} for what is left of it:
 * data, losses, advantages, files.
 */
final class StepProfile {
  private final Map<Work, Use> sums = new EnumMap<>(Work.class);
  private double total;

  /** Starts counting. */
  StepProfile() {
    Profile.start();
  }

  /** Leaves out what was done since the last step, such as an evaluation. */
  void begin() {
    Profile.take();
  }

  /** The metrics of a step that took so many seconds. */
  Metrics end(double stepSeconds) {
    Metrics metrics = new Metrics();
    double other = stepSeconds;
    for (Map.Entry<Work, Use> part : Profile.take().entrySet()) {
      Use use = part.getValue();
      metrics.put(name(part.getKey()) + "_seconds", use.seconds());
      metrics.put(name(part.getKey()) + "_peak_gib", use.peakGib());
      sums.merge(part.getKey(), use, Use::and);
      other -= use.seconds();
    }
    total += stepSeconds;
    return metrics.put("other_seconds", other);
  }

  /** Ends the counting and shows the sums of all steps: seconds, share of the time, peak memory. */
  void show(PrintStream out) {
    Profile.stop();
    if (total == 0) {
      return;
    }
    out.printf(Locale.ROOT, "%-10s %10s %7s %9s%n", "profile", "seconds", "share", "peak GiB");
    double other = total;
    for (Map.Entry<Work, Use> part : sums.entrySet()) {
      Use use = part.getValue();
      out.println(line(name(part.getKey()), use.seconds()) + peak(use));
      other -= use.seconds();
    }
    out.println(line("other", other));
    out.println(line("all", total));
  }

  private String line(String name, double seconds) {
    return String.format(
        Locale.ROOT, "%-10s %10.2f %5.1f %%", name, seconds, 100 * seconds / total);
  }

  private static String peak(Use use) {
    return String.format(Locale.ROOT, " %9.2f", use.peakGib());
  }

  private static String name(Work work) {
    return work.name().toLowerCase(Locale.ROOT);
  }
}
