package org.rlhf4j.training.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/** Each check on a run made to set it off, beside one just short of that. */
class TrainingHealthTest {

  /** What a run that learns well measures in one of 60 steps. */
  private static Metrics healthy(int step) {
    return new Metrics().put("loss", 2 - step / 60.0).put("grad_norm", 0.5 + step % 3);
  }

  private static List<HealthWarning> warnings(int steps, String changed, IntToDoubleFunction to) {
    HealthWatch watch = new HealthWatch(TrainingHealth.CHECKS, Precision.FP32);
    List<HealthWarning> warnings = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      Metrics metrics = new Metrics();
      double value = to.applyAsDouble(step);
      healthy(step)
          .values()
          .forEach((name, usual) -> metrics.put(name, name.equals(changed) ? value : usual));
      if (metrics.get(changed).isEmpty()) {
        metrics.put(changed, value);
      }
      warnings.addAll(watch.add(step, metrics));
    }
    return warnings;
  }

  private static void fires(
      HealthCheck check, int atStep, int steps, String changed, IntToDoubleFunction to) {
    List<HealthWarning> warnings = warnings(steps, changed, to);
    assertThat(warnings).extracting(HealthWarning::check).containsExactly(check);
    assertThat(warnings.get(0).step()).isEqualTo(atStep);
    assertThat(warnings.get(0).advice()).isEqualTo(check.advice()).isNotBlank();
  }

  private static void isQuiet(int steps, String changed, IntToDoubleFunction to) {
    assertThat(warnings(steps, changed, to)).isEmpty();
  }

  @Test
  void aRunThatLearnsSetsNoneOff() {
    isQuiet(60, "loss", step -> 0);
  }

  /** The median of 1.5, 2.5, 0.5 again and again is 1.5. */
  @Test
  void gradientHuge() {
    IntToDoubleFunction usual = step -> 0.5 + step % 3;
    fires(
        TrainingHealth.GRADIENT_HUGE,
        31,
        40,
        "grad_norm",
        step -> step == 31 ? 76 : usual.applyAsDouble(step));
    isQuiet(40, "grad_norm", step -> step == 31 ? 74 : usual.applyAsDouble(step));
    isQuiet(40, "grad_norm", step -> step == 5 ? 1000 : usual.applyAsDouble(step));
    fires(
        TrainingHealth.GRADIENT_HUGE,
        5,
        40,
        "grad_norm",
        step -> step == 5 ? Double.NaN : usual.applyAsDouble(step));
  }

  /** Only some steps are evaluated. */
  @Test
  void heldOutLossRises() {
    double[] losses = {2, 1.5, 1.57, 1.58};
    HealthWatch watch = new HealthWatch(TrainingHealth.CHECKS, Precision.FP32);
    List<HealthWarning> warnings = new ArrayList<>();
    for (int step = 1; step <= 40; step++) {
      Metrics metrics = new Metrics().put("loss", 1);
      if (step % 10 == 0) {
        metrics.put("eval_loss", losses[step / 10 - 1]);
      }
      warnings.addAll(watch.add(step, metrics));
    }
    // 1.05 · 1.5 = 1.575
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0).line())
        .isEqualTo(
            "warning: step 40: the held-out loss rises again (from 1.500 to 1.580); write the best"
                + " model with --keep-best, train for fewer --steps, or lower --learning-rate");
  }
}
