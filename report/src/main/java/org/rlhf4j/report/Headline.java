package org.rlhf4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import org.rlhf4j.training.run.Metrics;

/**
 * Did it work? The first thing that a report says of a run.
 *
 * @param verdict whether it did
 * @param sentence what is known of it, without a full stop
 * @param facts the numbers to read next
 */
record Headline(Verdict verdict, String sentence, List<Fact> facts) {

  /** A probability below which something isn't put down to chance. */
  private static final double SIGNIFICANT = 0.05;

  /** What the numbers allow to say. */
  enum Verdict {
    BETTER,
    WORSE,
    UNCLEAR,
    UNKNOWN
  }

  /**
   * A number with its name.
   *
   * @param label what it is
   * @param value the number as it is read
   * @param note its interval or what it is compared with; may be empty
   */
  record Fact(String label, String value, String note) {}

  /**
   * The headline of a run.
   *
   * @param run with at least one step
   * @param change how its reward changed, where rollouts tell
   */
  static Headline of(ReportedRun run, Optional<RewardChange> change) {
    if (run.metrics().isEmpty()) {
      return new Headline(Verdict.UNKNOWN, "No step is made yet", List.of());
    }
    if (run.stage().isEmpty()) {
      return new Headline(
          Verdict.UNKNOWN,
          "Its config.yaml names no stage; put a first line there, such as stage: sft",
          List.of());
    }
    return switch (run.stage().get().measure()) {
      case LOSS -> ofLoss(run);
      case ACCURACY -> ofAccuracy(run);
      case REWARD -> ofReward(run, change);
    };
  }

  private static Headline ofReward(ReportedRun run, Optional<RewardChange> change) {
    if (run.evaluation().path("difference").isNumber()) {
      return ofComparison(run.evaluation());
    }
    Ends reward = Ends.of(run.metrics(), "reward");
    double before = change.map(RewardChange::before).orElse(reward.first());
    double after = change.map(RewardChange::after).orElse(reward.last());
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("reward", text("%.2f", after), text("at first %.2f", before)));
    Ends.add(facts, run.metrics(), "kl", "KL", "%.2f", "nats from the reference");
    Ends.add(facts, run.metrics(), "ended", "ended", "%.2f", "share of completions");
    Ends.add(facts, run.metrics(), "completion_length", "length", "%.1f", "tokens");
    if (change.isEmpty() || Double.isNaN(change.get().low())) {
      return new Headline(
          Verdict.UNKNOWN, text("The reward went from %.2f to %.2f", before, after), facts);
    }
    double low = change.get().low();
    double high = change.get().high();
    String interval =
        text("%+.2f (95 %% interval %+.2f to %+.2f)", change.get().difference(), low, high);
    if (low > 0) {
      return new Headline(Verdict.BETTER, "The reward rose by " + interval, facts);
    }
    return high < 0
        ? new Headline(Verdict.WORSE, "The reward fell: " + interval, facts)
        : new Headline(Verdict.UNCLEAR, "No clear change of the reward: " + interval, facts);
  }

  /** The headline of a policy that was compared with its reference on held-out prompts. */
  private static Headline ofComparison(JsonNode held) {
    double low = held.path("difference_low").doubleValue();
    double high = held.path("difference_high").doubleValue();
    String reference = text("reference %.2f", held.path("reference_reward").doubleValue());
    List<Fact> facts = new ArrayList<>();
    facts.add(
        new Fact("held-out reward", text("%.2f", held.path("reward").doubleValue()), reference));
    facts.add(
        new Fact(
            "win rate",
            percent(held.path("win_rate").doubleValue()),
            text("of %,d prompts", held.path("prompts").intValue())));
    facts.add(
        new Fact("KL", text("%.2f", held.path("kl").doubleValue()), "nats from the reference"));
    facts.add(
        new Fact("ended", text("%.2f", held.path("ended").doubleValue()), "share of completions"));
    facts.add(
        new Fact(
            "length",
            text("%.1f", held.path("completion_length").doubleValue()),
            text("reference %.1f", held.path("reference_completion_length").doubleValue())));
    String interval =
        text(
            "%+.2f (95 %% interval %+.2f to %+.2f)",
            held.path("difference").doubleValue(), low, high);
    if (low > 0) {
      return new Headline(
          Verdict.BETTER,
          "Rewarded more than the reference on held-out prompts: " + interval,
          facts);
    }
    return high < 0
        ? new Headline(
            Verdict.WORSE,
            "Rewarded less than the reference on held-out prompts: " + interval,
            facts)
        : new Headline(
            Verdict.UNCLEAR, "No clear difference on held-out prompts: " + interval, facts);
  }

  private static Headline ofAccuracy(ReportedRun run) {
    if (!run.evaluation().path("accuracy").isNumber()) {
      List<Fact> facts = new ArrayList<>();
      Ends.add(facts, run.metrics(), "accuracy", "training accuracy", "%.3f", "");
      return new Headline(Verdict.UNKNOWN, "No pairs were held out", facts);
    }
    return ofEvaluation(run.evaluation());
  }

  /**
   * The headline of a reward model.
   *
   * @param held its evaluation, as {@code evaluation.json} has it
   */
  static Headline ofEvaluation(JsonNode held) {
    List<Fact> facts = new ArrayList<>();
    double accuracy = held.path("accuracy").doubleValue();
    double low = held.path("accuracy_low").doubleValue();
    double high = held.path("accuracy_high").doubleValue();
    double length = held.path("length_accuracy").doubleValue();
    double best = Math.max(length, 1 - length);
    String interval = text("%.1f to %.1f %%", 100 * low, 100 * high);
    facts.add(new Fact("held-out accuracy", percent(accuracy), "95 % interval " + interval));
    facts.add(
        new Fact(
            "by length alone",
            percent(best),
            text("prefer the %s: what to beat", length < 0.5 ? "shorter" : "longer")));
    facts.add(new Fact("pairs", held.path("pairs").asText(), "held out"));
    double asGoodAsLength = held.at("/length_baseline/p_value").asDouble(low > best ? 0 : 1);
    if (low > 0.5 && accuracy > best && asGoodAsLength < SIGNIFICANT) {
      return new Headline(Verdict.BETTER, "It judges better than length alone", facts);
    }
    if (low > 0.5) {
      return new Headline(
          Verdict.UNCLEAR, "Better than chance, not clearly better than length alone", facts);
    }
    return high < 0.5
        ? new Headline(Verdict.WORSE, "It prefers the rejected completions", facts)
        : new Headline(Verdict.UNCLEAR, "Not clearly better than chance", facts);
  }

  private static Headline ofLoss(ReportedRun run) {
    SortedMap<Integer, Metrics> metrics = run.metrics();
    Ends training = Ends.of(metrics, "loss");
    Ends held = Ends.of(metrics, "eval_loss");
    double reached = isBestKept(run) ? held.least() : held.last();
    List<Fact> facts = new ArrayList<>();
    facts.add(
        new Fact(
            "training loss",
            text("%.3f", training.last()),
            text("at first %.3f", training.first())));
    if (held.count() > 0) {
      facts.add(0, new Fact("held-out loss", text("%.3f", reached), "nats a token"));
      facts.add(1, new Fact("perplexity", text("%.2f", Math.exp(reached)), "held out"));
    }
    if (held.count() > 1) {
      String sentence = text("held-out loss from %.3f to %.3f", held.first(), reached);
      if (reached < held.first()) {
        return new Headline(Verdict.BETTER, "It learnt: " + sentence, facts);
      }
      return isBestKept(run)
          ? new Headline(Verdict.UNCLEAR, "The first evaluation was the best one", facts)
          : new Headline(Verdict.WORSE, "It got worse: " + sentence, facts);
    }
    return training.last() < training.first()
        ? new Headline(
            Verdict.UNKNOWN,
            "The training loss fell; the held-out loss was measured only once",
            facts)
        : new Headline(Verdict.WORSE, "The training loss did not fall", facts);
  }

  /** Whether the model is that of the least held-out loss. */
  private static boolean isBestKept(ReportedRun run) {
    return "true".equals(run.settings().get("keep-best"));
  }

  /**
   * A metric at both ends of a run.
   *
   * @param first its first value; NaN where there is none
   * @param last its last value
   * @param least the least of all
   * @param count how many steps have it
   */
  private record Ends(double first, double last, double least, int count) {

    static Ends of(SortedMap<Integer, Metrics> metrics, String name) {
      double[] values =
          metrics.values().stream()
              .map(step -> step.get(name))
              .filter(OptionalDouble::isPresent)
              .mapToDouble(OptionalDouble::getAsDouble)
              .toArray();
      return values.length == 0
          ? new Ends(Double.NaN, Double.NaN, Double.NaN, 0)
          : new Ends(
              values[0],
              values[values.length - 1],
              Arrays.stream(values).min().orElseThrow(),
              values.length);
    }

    static void add(
        List<Fact> facts,
        SortedMap<Integer, Metrics> metrics,
        String name,
        String label,
        String format,
        String note) {
      Ends ends = of(metrics, name);
      if (ends.count() > 0) {
        facts.add(new Fact(label, text(format, ends.last()), note));
      }
    }
  }

  private static String percent(double share) {
    return text("%.1f %%", 100 * share);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
