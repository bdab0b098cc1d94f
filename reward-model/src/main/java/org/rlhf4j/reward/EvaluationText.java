package org.rlhf4j.reward;

import java.util.Locale;

/** A reward model's evaluation as tables for a terminal. */
final class EvaluationText {

  private final StringBuilder text = new StringBuilder();

  private EvaluationText() {}

  static String of(RewardEvaluation evaluation) {
    EvaluationText tables = new EvaluationText();
    tables.figures(evaluation);
    tables.calibration(evaluation);
    evaluation.breakdowns().forEach(tables::breakdown);
    return tables.text.toString();
  }

  private void figures(RewardEvaluation held) {
    line("accuracy", "%.1f %%", 100 * held.accuracy());
    line("95 % interval", "%.1f to %.1f %%", 100 * held.accuracyLow(), 100 * held.accuracyHigh());
    LengthBaseline length = held.lengthBaseline();
    line(
        "by length alone",
        "%.1f %% (prefer the %s; McNemar p %.2g)",
        100 * length.accuracy().accuracy(),
        length.prefers(),
        length.pValue());
    ShuffledLabels shuffled = held.shuffledLabels();
    line(
        "shuffled labels",
        "%.1f %% (%.1f to %.1f %%)",
        100 * shuffled.accuracy(),
        100 * shuffled.accuracyLow(),
        100 * shuffled.accuracyHigh());
    line("pairs", "%,d", held.pairs());
    line("ties", "%,d", held.ties());
    if (held.rankings() > 0) {
      line("Kendall's tau", "%.3f over %,d rankings", held.kendallTau(), held.rankings());
    }
    line("loss", "%.4f", held.loss());
    line("mean margin", "%.4f", held.marginMean());
    line("rows cut", "%,d", held.cut());
    line("rows dropped", "%,d", held.dropped());
  }

  private void calibration(RewardEvaluation held) {
    append("%n%-12s %6s  %5s%n", "how sure", "pairs", "right");
    for (CalibrationBin bin : held.calibration()) {
      append(
          "%3.0f to %3.0f %% %6d  %5s%n",
          100 * bin.low(),
          100 * bin.high(),
          bin.pairs(),
          bin.pairs() == 0 ? "-" : format("%.0f %%", 100 * bin.observed()));
    }
    append("expected calibration error %.3f%n", held.calibrationError());
  }

  private void breakdown(Breakdown breakdown) {
    append("%n%-24s %6s  %7s  %-16s %9s%n", breakdown.by(), "pairs", "right", "95 %", "if longer");
    for (Breakdown.Part part : breakdown.parts()) {
      Accuracy accuracy = part.accuracy();
      append(
          "%-24s %6d  %5.1f %%  %-16s %7.1f %%%n",
          part.name(),
          accuracy.pairs(),
          100 * accuracy.accuracy(),
          format("%.1f to %.1f %%", 100 * accuracy.accuracyLow(), 100 * accuracy.accuracyHigh()),
          100 * part.lengthAccuracy());
    }
  }

  private void line(String name, String format, Object... values) {
    append("%-16s ", name);
    append(format + "%n", values);
  }

  private void append(String format, Object... values) {
    text.append(format(format, values));
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
