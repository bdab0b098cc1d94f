package org.rlhf4j.training.health;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/** Goes with a run and warns, once of each thing, when its metrics give reason to. */
public final class HealthWatch {

  private final MetricHistory history;
  private final Set<HealthCheck> fired = EnumSet.noneOf(HealthCheck.class);

  /**
   * A watch on a run that has made no step yet.
   *
   * @param precision the number format of its networks
   */
  public HealthWatch(Precision precision) {
    this.history = new MetricHistory(precision);
  }

  /**
   * Takes the next step.
   *
   * @param step the step
   * @param metrics what it measured
   * @return what there is to warn of since this step; mostly nothing
   */
  public List<HealthWarning> add(int step, Metrics metrics) {
    history.add(metrics);
    List<HealthWarning> warnings = new ArrayList<>();
    for (HealthCheck check : HealthCheck.values()) {
      Optional<String> finding = fired.contains(check) ? Optional.empty() : check.of(history);
      if (finding.isPresent()) {
        fired.add(check);
        warnings.add(new HealthWarning(check, step, finding.get(), check.advice()));
      }
    }
    return warnings;
  }

  /**
   * Takes many steps.
   *
   * @param steps metrics by step, ascending
   * @return what there was to warn of, in the order of the steps
   */
  public List<HealthWarning> addAll(SortedMap<Integer, Metrics> steps) {
    List<HealthWarning> warnings = new ArrayList<>();
    steps.forEach((step, metrics) -> warnings.addAll(add(step, metrics)));
    return warnings;
  }
}
