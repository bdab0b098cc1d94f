package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.sft.SftTrainer;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/** Stage 1 step by step, on rows that are in memory. */
public final class SftSteps {

  private static final Location HERE = new Location("SftSteps.java", 1, 1);

  private SftSteps() {}

  /** Arguments: a model's folder, a folder to write. */
  public static void main(String[] args) throws IOException {
    List<Demonstration> demonstrations =
        List.of(
            new Demonstration("Question: What is 2 + 2? Reply:", " 2 + 2 = 4", false, HERE),
            new Demonstration("Question: What is 3 + 2? Reply:", " 3 + 2 = 5", false, HERE));
    run(Path.of(args[0]), demonstrations, 10, Path.of(args[1])).forEach(System.out::println);
  }

  // [sft-steps
  static List<Metrics> run(Path folder, List<Demonstration> demonstrations, int steps, Path output)
      throws IOException {
    OptimizerSettings optimizer =
        ConfigBuilder.of(OptimizerSettings.class)
            .with(OptimizerSettings::learningRate, 1e-3)
            .build();
    List<Metrics> metrics = new ArrayList<>();
    try (LanguageModel model = LanguageModel.load(folder);
        SftTrainer trainer = new SftTrainer(model, optimizer, steps, 4096)) {
      RowTokenizer tokenizer = new RowTokenizer(model.tokenizer(), 256);
      List<TokenizedRow> rows = tokenizer.tokenize(new Rows<>(demonstrations, List.of())).rows();
      for (int step = 1; step <= steps; step++) {
        metrics.add(trainer.step(step, rows));
      }
      model.save(output);
    }
    return metrics;
  }
  // sft-steps]
}
