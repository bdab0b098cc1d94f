package org.rlhf4j.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.reward.PairedTest;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.training.run.AtomicFiles;

/** One or two reward models, judged on the same comparisons, as a page. */
public final class RewardReport {

  /** In the order in which they have to be read. */
  private static final List<String> SCRIPTS =
      List.of(
          "elements.js",
          "summary.js",
          "judges.js",
          "calibration.js",
          "margins.js",
          "breakdowns.js",
          "mistakes.js",
          "reward-report.js");

  private static final ObjectMapper JSON = new ObjectMapper();

  private RewardReport() {}

  /**
   * A reward model with what was found of it.
   *
   * @param name what the page calls it
   * @param evaluation its evaluation
   */
  public record Judged(String name, RewardEvaluation evaluation) {}

  /**
   * Writes a report.
   *
   * @param models one, or two
   * @param comparison the first against the second, on the rows that both were given
   * @param file the page, replaced whole
   * @throws IOException when the file can't be written
   */
  public static void write(List<Judged> models, Optional<PairedTest> comparison, Path file)
      throws IOException {
    AtomicFiles.writeString(file, html(models, comparison));
  }

  /**
   * Makes a report.
   *
   * @param models one, or two
   * @param comparison the first against the second, on the rows that both were given
   * @return the page
   * @throws IOException when a part of the page can't be read
   */
  static String html(List<Judged> models, Optional<PairedTest> comparison) throws IOException {
    ObjectNode data = JSON.createObjectNode();
    ArrayNode array = data.putArray("models");
    for (Judged model : models) {
      JsonNode evaluation = JSON.valueToTree(model.evaluation());
      Headline headline = Headline.ofEvaluation(evaluation);
      ObjectNode node = array.addObject().put("name", model.name());
      ReportData.addHeadline(node.putObject("headline"), withFacts(headline, model.evaluation()));
      node.set("evaluation", EvaluationData.bounded(evaluation, EvaluationData.TEXT));
    }
    comparison.ifPresent(test -> data.set("comparison", JSON.valueToTree(test)));
    return Page.of("Reward model", "verdict", SCRIPTS, data);
  }

  /** The headline with what a run's page has no room for. */
  private static Headline withFacts(Headline headline, RewardEvaluation held) {
    List<Headline.Fact> facts = new ArrayList<>(headline.facts());
    facts.add(
        new Headline.Fact(
            "shuffled labels",
            text("%.1f %%", 100 * held.shuffledLabels().accuracy()),
            text(
                "chance reaches %.1f to %.1f %%",
                100 * held.shuffledLabels().accuracyLow(),
                100 * held.shuffledLabels().accuracyHigh())));
    facts.add(new Headline.Fact("loss", text("%.4f", held.loss()), "0.6931 knows nothing"));
    facts.add(
        new Headline.Fact(
            "calibration error", text("%.3f", held.calibrationError()), "0 is as sure as right"));
    if (held.kendallTau() != null) {
      facts.add(
          new Headline.Fact(
              "Kendall's τ",
              text("%.3f", held.kendallTau()),
              text("over %,d rankings", held.rankings())));
    }
    facts.add(new Headline.Fact("ties", text("%,d", held.ties()), "pairs of equal scores"));
    facts.add(
        new Headline.Fact(
            "rows cut", text("%,d", held.cut()), text("%,d dropped as too long", held.dropped())));
    return new Headline(headline.verdict(), headline.sentence(), facts);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
