package org.rlhf4j.reward;

import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;

/**
 * A text with the score that a reward model gave it when it was written: whoever loads the model
 * can tell whether it still is the same.
 *
 * @param prompt the prompt
 * @param completion the completion, EOS appended when it is scored
 * @param score its score
 */
public record Probe(String prompt, String completion, double score) {

  private static final Location NOWHERE = new Location("probe", 1, 1);

  private static final List<Probe> TEXTS =
      List.of(
          new Probe("", "Yes.", 0),
          new Probe("\n\nHuman: Is it raining?\n\nAssistant:", " No, it is dry.", 0),
          new Probe("\n\nHuman: Is it raining?\n\nAssistant:", " Look outside!", 0),
          new Probe("\n\nHuman: What is 3 + 4?\n\nAssistant:", " 3 + 4 = 7", 0),
          new Probe("\n\nHuman: Grüße aus Köln!\n\nAssistant:", " Schön, danke.", 0),
          new Probe("\n\nHuman: Tell me a joke.\n\nAssistant:", " I don't know any", 0));

  /**
   * Scores the project's probe texts.
   *
   * @param model a reward model
   * @return the probes with their scores, without those that are too long for the model
   */
  static List<Probe> scored(ScalarModel model) {
    return TEXTS.stream().flatMap(probe -> probe.rescored(model).stream()).toList();
  }

  /** This text with the score that a model gives it, or nothing where it is too long for it. */
  Optional<Probe> rescored(ScalarModel model) {
    int maxLength = DataSettings.longestRow(null, model.config().dimensions());
    RowTokenizer tokenizer = new RowTokenizer(model.tokenizer(), maxLength);
    return tokenizer
        .tokenize(
            new Demonstration(prompt, completion, false, NOWHERE),
            new DataReport.Builder(maxLength, List.of()))
        .map(TokenizedRow::tree)
        .map(tree -> new Probe(prompt, completion, score(model, tree)));
  }

  private static double score(ScalarModel model, TokenTree tree) {
    return Scorer.score(model, List.of(tree), tree.length()).get(0)[0];
  }
}
