package org.rlhf4j.ppo;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.TrainedTokens;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.training.optimizer.NonFiniteException;

/**
 * What the policy goes on to model while it is improved (PPO-ptx, Ouyang et al. 2022, equation 2):
 * to the loss of each update is added
 *
 * <pre>  γ_ptx · −(1/N) Σ log π(y_t | x, y_&lt;t)</pre>
 *
 * over the N completion tokens of the update's rows, at temperature 1.
 */
public final class Pretraining {
  private final LanguageModel policy;
  private final List<? extends TrainingRow> rows;
  private final BatchOrder order;
  private final double coefficient;
  private final int tokenBudget;
  private final List<String> report;

  /**
   * Rows in memory.
   *
   * @param policy whose gradients they add to
   * @param rows prompts with one completion each
   * @param order which of them make the batch of each update of the run
   * @param coefficient γ_ptx
   * @param tokenBudget tokens that go through the network at once
   * @param report what became of the rows, for the reader at the terminal
   */
  public Pretraining(
      LanguageModel policy,
      List<? extends TrainingRow> rows,
      BatchOrder order,
      double coefficient,
      int tokenBudget,
      List<String> report) {
    this.policy = policy;
    this.rows = rows;
    this.order = order;
    this.coefficient = coefficient;
    this.tokenBudget = tokenBudget;
    this.report = List.copyOf(report);
  }

  /** The rows of a run; empty where it has none. */
  static Optional<Pretraining> read(PpoConfig config, LanguageModel policy) {
    PretrainingSettings settings = config.pretraining();
    if (!settings.isAsked()) {
      return Optional.empty();
    }
    RolloutSettings rollouts = config.rollouts();
    Tokenized<TokenizedRow> read =
        new RowTokenizer(policy.tokenizer(), rollouts.maxLength())
            .within(policy.config().dimensions().vocabulary())
            .tokenize(
                Rows.read(
                    rollouts.rows().files().rowFiles(settings.pretrainingData()),
                    RowKind.DEMONSTRATIONS,
                    rollouts.rows().onBadRow()));
    read.report().requireRows();
    read.report().limit(rollouts.maxDropped());
    BatchOrder order =
        new BatchOrder(
            read.rows().size(), settings.pretrainingRows(), config.machine().seed(), true);
    return Optional.of(
        new Pretraining(
            policy,
            read.rows(),
            order,
            settings.pretrainingCoefficient(),
            config.loop().microBatchTokens(),
            read.report().lines("pretraining rows")));
  }

  /** γ_ptx. */
  double coefficient() {
    return coefficient;
  }

  /** What became of the rows, for the reader at the terminal. */
  List<String> report() {
    return report;
  }

  /** What it adds to a run, for the reader at the terminal. */
  String plan() {
    return String.format(
        Locale.ROOT,
        "to each update of the policy %,d of %,d pretraining rows are added, weight %s",
        order.rows(1).length,
        rows.size(),
        coefficient);
  }

  /**
   * Adds the gradient of an update's batch to the policy's.
   *
   * @param update its number in the run, from 1
   * @return the mean −log π of its tokens, without the weight
   * @throws NonFiniteException where that isn't finite
   */
  double accumulate(long update) {
    List<TrainedTokens> microBatches =
        TrainedTokens.pack(
            Arrays.stream(order.rows(update)).mapToObj(rows::get).toList(), tokenBudget);
    int trained = microBatches.stream().mapToInt(TrainedTokens::trained).sum();
    double loss = 0;
    for (TrainedTokens batch : microBatches) {
      float[] gradients = batch.gradients((float) (-coefficient / trained));
      loss -= batch.sum(policy.accumulate(batch.tokens(), 1, gradients)) / trained;
    }
    NonFiniteException.check("loss", loss);
    return loss;
  }
}
