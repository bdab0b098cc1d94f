package org.rlhf4j.training.health;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/** Goes with a run and warns, once of each thing, when its metrics give reason to. */
public final class HealthWatch {

  private final List<HealthCheck> checks;
  private final MetricHistory history;
  private final Set<HealthCheck> fired = new HashSet<>();

  /**
   * A watch on a run that has made no step yet.
   *
   * @param checks what to look for, in the order in which a step's warnings are given
   * @param precision the number format of its networks
   */
  public HealthWatch(List<HealthCheck> checks, Precision precision) {
    this.checks = List.copyOf(checks);
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
    for (HealthCheck check : checks) {
      if (!fired.contains(check) && check.fires().test(history)) {
        fired.add(check);
        warnings.add(new HealthWarning(check, step, check.finding().apply(history)));
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
