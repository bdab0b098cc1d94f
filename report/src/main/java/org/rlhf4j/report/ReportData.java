package org.rlhf4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.rlhf4j.training.health.HealthWarning;
import org.rlhf4j.training.health.HealthWatch;

/**
 * What the page's scripts draw: one object a run. Everything is bounded, however long the runs
 * were, and the bounds are shared by the runs of a report.
 */
final class ReportData {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Points of a curve, of all runs together. */
  private static final int POINTS = 6_000;

  private static final int POINTS_OF_A_RUN = 1_500;

  /** Tokens in the token view, of all runs together. */
  private static final int TOKENS = 12_000;

  private static final int TOKENS_OF_A_COMPLETION = 512;

  /** Characters of samples, of all runs together. */
  private static final int SAMPLE_TEXT = 400_000;

  /** Twenty pairs with a prompt and two completions each. */
  private static final int TEXTS_OF_AN_EVALUATION = 60;

  private static final int SAMPLED_STEPS = 8;
  private static final int TEXT = 2_000;

  private final int runs;

  private ReportData(int runs) {
    this.runs = runs;
  }

  /**
   * Gathers the data.
   *
   * @param runs at least one
   * @return {@code {"runs": […]}}
   * @throws IOException when a file of a run can't be read
   */
  static ObjectNode of(List<ReportedRun> runs) throws IOException {
    ReportData data = new ReportData(runs.size());
    ObjectNode root = JSON.createObjectNode();
    ArrayNode array = root.putArray("runs");
    for (ReportedRun run : runs) {
      array.add(data.of(run));
    }
    addGroups(root.putArray("groups"));
    return root;
  }

  /** The headings of curves: what a pipeline ends with stands first. */
  private static void addGroups(ArrayNode groups) {
    RunHeading.groups().forEach(groups::add);
  }

  private ObjectNode of(ReportedRun run) throws IOException {
    RolloutExcerpt rollouts = RolloutExcerpt.read(run.folder().resolve("rollouts.jsonl"));
    ObjectNode node =
        JSON.createObjectNode()
            .put("name", run.name())
            .put("stage", run.stage().isPresent() ? run.stage().get().name() : "unknown")
            .put("group", run.group())
            .put("finished", run.finished())
            .put("lastStep", run.metrics().isEmpty() ? 0 : run.metrics().lastKey())
            .put("completions", rollouts.completions());
    addHeadline(node.putObject("headline"), Headline.of(run, rollouts.change()));
    HealthWatch watch = new HealthWatch(run.checks(), run.precision());
    addWarnings(node.putArray("warnings"), watch.addAll(run.metrics()));
    node.set("series", Series.of(run.metrics(), Math.min(POINTS_OF_A_RUN, share(POINTS))));
    int text = Math.min(EvaluationData.TEXT, share(SAMPLE_TEXT) / TEXTS_OF_AN_EVALUATION);
    node.set("evaluation", EvaluationData.bounded(run.evaluation(), text));
    addSamples(node.putArray("samples"), run.samples());
    addRollouts(node.putArray("rollouts"), run, rollouts.chosen());
    ObjectNode settings = node.putObject("settings");
    run.settings().forEach((name, value) -> settings.put(name, cut(value, TEXT)));
    return node;
  }

  private int share(int ofAll) {
    return Math.max(20, ofAll / runs);
  }

  static void addHeadline(ObjectNode node, Headline headline) {
    node.put("verdict", headline.verdict().name().toLowerCase(Locale.ROOT));
    node.put("sentence", headline.sentence());
    ArrayNode facts = node.putArray("facts");
    for (Headline.Fact fact : headline.facts()) {
      facts
          .addObject()
          .put("label", fact.label())
          .put("value", fact.value())
          .put("note", fact.note());
    }
  }

  private static void addWarnings(ArrayNode array, List<HealthWarning> warnings) {
    for (HealthWarning warning : warnings) {
      array
          .addObject()
          .put("step", warning.step())
          .put("finding", warning.finding())
          .put("advice", warning.advice());
    }
  }

  /** Samples of the first and the last steps, and of some between. */
  private void addSamples(ArrayNode array, List<ObjectNode> samples) {
    List<Integer> steps =
        samples.stream().map(sample -> sample.path("step").asInt()).distinct().sorted().toList();
    Set<Integer> shown = new TreeSet<>();
    for (int i = 0; i < Math.min(SAMPLED_STEPS, steps.size()); i++) {
      int last = Math.min(SAMPLED_STEPS, steps.size()) - 1;
      shown.add(steps.get(last == 0 ? 0 : i * (steps.size() - 1) / last));
    }
    List<ObjectNode> kept =
        samples.stream().filter(sample -> shown.contains(sample.path("step").asInt())).toList();
    int length = Math.min(TEXT, share(SAMPLE_TEXT) / Math.max(1, 2 * kept.size()));
    for (ObjectNode sample : kept) {
      ObjectNode node = array.addObject();
      node.put("step", sample.path("step").asInt());
      node.put("prompt", cut(sample.path("prompt").asText(), length));
      node.put("completion", cut(sample.path("completion").asText(), length));
      node.put("ended", sample.path("ended").asBoolean());
      node.set("score", sample.get("score"));
    }
  }

  private void addRollouts(ArrayNode array, ReportedRun run, List<JsonNode> chosen) {
    if (chosen.isEmpty()) {
      return;
    }
    int most = Math.min(TOKENS_OF_A_COMPLETION, share(TOKENS) / chosen.size());
    try (TokenTexts texts = TokenTexts.of(run)) {
      for (JsonNode line : chosen) {
        array.add(rollout(line, texts, most));
      }
    }
  }

  private static ObjectNode rollout(JsonNode line, TokenTexts texts, int most) {
    int[] ids = new int[line.path("completion_ids").size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = line.path("completion_ids").get(i).asInt();
    }
    ObjectNode node =
        JSON.createObjectNode()
            .put("step", line.path("step").asInt())
            .put("prompt", cut(line.path("prompt").asText(""), TEXT))
            .put("score", line.path("score").doubleValue())
            .put("ended", texts.ended(ids))
            .put("length", ids.length);
    ArrayNode tokens = node.putArray("tokens");
    texts.of(ids).stream().limit(most).forEach(text -> tokens.add(cut(text, 100)));
    for (String name : List.of("logprobs", "ref_logprobs", "values", "advantages")) {
      JsonNode values = line.path(name);
      if (values.isArray()) {
        ArrayNode shown = node.putArray(name);
        for (int i = 0; i < Math.min(most, values.size()); i++) {
          Series.add(shown, values.get(i).doubleValue());
        }
      }
    }
    return node;
  }

  /** The text, its middle left out where it is longer. */
  static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    return text.substring(0, most / 2) + " […] " + text.substring(text.length() - most / 2);
  }
}
