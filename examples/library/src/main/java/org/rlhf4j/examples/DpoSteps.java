package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.dpo.DpoSettings;
import org.rlhf4j.dpo.DpoTrainer;
import org.rlhf4j.dpo.ReferenceLogprobs;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/** DPO step by step, on comparisons that are in memory. */
public final class DpoSteps {

  private static final Location HERE = new Location("DpoSteps.java", 1, 1);

  private DpoSteps() {}

  /** Arguments: the policy's folder, a folder to write. */
  public static void main(String[] args) throws IOException {
    String prompt = "Question: How do I cook rice? Reply:";
    List<Comparison> comparisons =
        List.of(
            new Comparison(prompt, " With pleasure. Boil it.", " Go away. Boil it.", 0, HERE),
            new Comparison(prompt, " Gladly! Boil it.", " I am busy. Boil it.", 0, HERE));
    run(Path.of(args[0]), comparisons, 10, Path.of(args[1])).forEach(System.out::println);
  }

  // [dpo-steps
  static List<Metrics> run(Path folder, List<Comparison> comparisons, int steps, Path output)
      throws IOException {
    OptimizerSettings optimizer =
        ConfigBuilder.of(OptimizerSettings.class)
            .with(OptimizerSettings::learningRate, 1e-3)
            .build();
    DpoSettings settings = ConfigBuilder.of(DpoSettings.class).with(DpoSettings::beta, 0.1).build();
    List<Metrics> metrics = new ArrayList<>();
    try (LanguageModel policy = LanguageModel.load(folder);
        DpoTrainer trainer = new DpoTrainer(policy, settings, optimizer, steps, 4096)) {
      RowTokenizer tokenizer = new RowTokenizer(policy.tokenizer(), 256);
      List<TokenizedRow> rows = tokenizer.tokenize(new Rows<>(comparisons, List.of())).rows();
      List<float[]> refLogprobs = ReferenceLogprobs.of(policy, rows, 4096); // before it moves
      for (int step = 1; step <= steps; step++) {
        metrics.add(trainer.step(step, rows, refLogprobs));
      }
      policy.save(output);
    }
    return metrics;
  }
  // dpo-steps]
}
