package org.rlhf4j.grpo;

import ai.djl.ndarray.NDManager;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/**
 * The passes of an update in this process, micro-batch by micro-batch.
 *
 * @param settings GRPO's own
 * @param objective what is minimised
 * @param temperature of all log-probabilities
 * @param tokenBudget tokens of a micro-batch
 * @param policy collects the gradients
 */
record PolicyPasses(
    GrpoSettings settings,
    GrpoObjective objective,
    double temperature,
    int tokenBudget,
    LanguageModel policy)
    implements UpdatePasses {

  PolicyPasses(
      GrpoSettings settings,
      KlSettings kl,
      double temperature,
      int tokenBudget,
      LanguageModel policy) {
    this(settings, new GrpoObjective(settings, kl), temperature, tokenBudget, policy);
  }

  @Override
  public Passed of(GroupExperience update, double coefficient) {
    return of(UpdateRows.of(update, settings.loss()), coefficient);
  }

  /** The same for completions alone, which may be a part of an update's. */
  Passed of(UpdateRows rows, double coefficient) {
    RatioStatistics ratios = new RatioStatistics();
    double policyLoss = 0;
    double klLoss = 0;
    double entropy = 0;
    for (RolloutMicroBatch batch : microBatches(rows)) {
      Passed one = pass(rows, batch, coefficient, ratios);
      policyLoss += one.policyLoss();
      klLoss += one.klLoss();
      entropy += one.entropy();
    }
    return new Passed(policyLoss, klLoss, entropy, ratios);
  }

  private List<RolloutMicroBatch> microBatches(UpdateRows rows) {
    return rows.rollout()
        .map(rollout -> RolloutMicroBatch.of(rollout, i -> true, tokenBudget))
        .orElse(List.of());
  }

  /** Adds a micro-batch's share of the loss to the gradients. */
  private Passed pass(
      UpdateRows rows, RolloutMicroBatch batch, double coefficient, RatioStatistics ratios) {
    boolean bonus = objective.hasEntropyBonus();
    try (LogprobPass pass = policy.forward(batch.tokens(), temperature, bonus)) {
      GrpoObjective.Tokens tokens = tokens(rows, batch, pass.scope());
      GrpoObjective.Made made =
          objective.loss(pass.logprobs(), pass.entropies(), tokens, coefficient);
      measure(made, tokens, pass, batch.spread(rows.replayed()), ratios);
      pass.backward(made.loss());
      return new Passed(
          made.policyLoss().getFloat(),
          made.klLoss().getFloat(),
          made.entropy().getFloat(),
          ratios);
    }
  }

  private static GrpoObjective.Tokens tokens(
      UpdateRows rows, RolloutMicroBatch batch, NDManager scope) {
    return new GrpoObjective.Tokens(
        batch.tokens(),
        scope.create(batch.flat(rows.oldLogprobs())),
        scope.create(batch.flat(rows.refLogprobs())),
        scope.create(batch.flat(rows.advantages())),
        scope.create(batch.flat(rows.behaviour())),
        scope.create(batch.spread(rows.weights())),
        scope.create(batch.spread(rows.tokenWeights())));
  }

  private void measure(
      GrpoObjective.Made made,
      GrpoObjective.Tokens tokens,
      LogprobPass pass,
      boolean[] replayed,
      RatioStatistics ratios) {
    float[] logRatio = made.logRatios().toFloatArray();
    float[] ratio = made.ratios().toFloatArray();
    float[] advantage = tokens.advantages().toFloatArray();
    ratios.addAll(
        made.logRatios(),
        pass.entropies(),
        t -> objective.isClipped(logRatio[t], ratio[t], advantage[t]),
        replayed);
  }
}
