package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.reward.RewardEvaluation;
import org.rlhf4j.reward.RewardTrainer;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/** Stage 2 step by step, on rows that are in memory. */
public final class RewardSteps {

  private static final Location HERE = new Location("RewardSteps.java", 1, 1);

  private RewardSteps() {}

  /** Argument: a model's folder. */
  public static void main(String[] args) {
    String prompt = "Question: How do I cook rice? Reply:";
    List<Comparison> comparisons =
        List.of(
            new Comparison(prompt, " With pleasure. Boil it.", " Go away. Boil it.", 0, HERE),
            new Comparison(prompt, " Gladly! Boil it.", " I am busy. Boil it.", 0, HERE));
    System.out.println(run(Path.of(args[0]), comparisons, 10).sentence());
  }

  // [reward-steps
  static RewardEvaluation run(Path folder, List<Comparison> comparisons, int steps) {
    OptimizerSettings optimizer =
        ConfigBuilder.of(OptimizerSettings.class)
            .with(OptimizerSettings::learningRate, 1e-3)
            .build();
    long seed = 0; // of the score head, where the model has none
    try (ScalarModel model = ScalarModel.loadOrStart(folder, seed);
        RewardTrainer trainer = new RewardTrainer(model, optimizer, 0, steps, 4096)) {
      RowTokenizer tokenizer = new RowTokenizer(model.tokenizer(), 256);
      Tokenized<TokenizedRow> rows = tokenizer.tokenize(new Rows<>(comparisons, List.of()));
      for (int step = 1; step <= steps; step++) {
        trainer.step(step, rows.rows());
      }
      return RewardEvaluation.of(model, rows, 4096); // on held-out rows, where there are some
    }
  }
  // reward-steps]
}
