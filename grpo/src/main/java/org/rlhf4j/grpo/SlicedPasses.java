package org.rlhf4j.grpo;

import java.io.Serializable;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.weights.WeightUpdate;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.TreeSum;

/**
 * The passes of an update in other processes, some groups in each slice. Their gradients are added
 * in an order that follows from the number of slices alone.
 *
 * @param settings GRPO's own
 * @param policy takes the gradients
 * @param slices where they are computed
 * @param most slices of an update
 */
record SlicedPasses(
    GrpoSettings settings, LanguageModel policy, Slices<GrpoWorker> slices, int most)
    implements UpdatePasses {

  /** Some groups of an update. */
  private record PassSlice(UpdateRows rows, double coefficient)
      implements Slice<GrpoWorker, PassResult> {

    @Override
    public PassResult compute(GrpoWorker worker) {
      return worker.pass(rows, coefficient);
    }
  }

  /**
   * What a slice of an update comes to.
   *
   * @param gradient of its share of the loss, in the order of the weights
   * @param policyLoss its share of Σ w S
   * @param klLoss its share of Σ v KL
   * @param entropy its share of Σ v H
   * @param ratios of its tokens
   */
  record PassResult(
      float[] gradient, double policyLoss, double klLoss, double entropy, RatioStatistics ratios)
      implements Serializable {

    boolean isFinite() {
      double sum = policyLoss + klLoss;
      for (float one : gradient) {
        sum += one;
      }
      return Double.isFinite(sum);
    }
  }

  @Override
  public Passed of(GroupExperience update, double coefficient) {
    UpdateRows rows = UpdateRows.of(update, settings.loss());
    List<Part> parts = Part.of(rows.groups(), most);
    if (parts.isEmpty()) {
      return new Passed(0, 0, 0, new RatioStatistics());
    }
    slices.publish(policy.parameters().values());
    List<PassResult> results =
        slices.compute(
            parts.stream().map(part -> new PassSlice(rows.of(part), coefficient)).toList());
    for (int i = 0; i < results.size(); i++) {
      requireFinite(results.get(i), rows.of(parts.get(i)));
    }
    WeightUpdate.setGradients(
        policy.parameters(), TreeSum.of(results.stream().map(PassResult::gradient).toList()));
    RatioStatistics ratios = new RatioStatistics();
    results.forEach(result -> ratios.add(result.ratios()));
    return new Passed(
        results.stream().mapToDouble(PassResult::policyLoss).sum(),
        results.stream().mapToDouble(PassResult::klLoss).sum(),
        results.stream().mapToDouble(PassResult::entropy).sum(),
        ratios);
  }

  private void requireFinite(PassResult result, UpdateRows rows) {
    if (!result.isFinite()) {
      throw NonFiniteException.at(
          "loss or its gradient",
          rows.groups() == 1 ? "the prompt" : "one of " + rows.groups() + " prompts, the first",
          policy.tokenizer().decode(rows.prompts()[0]));
    }
  }
}
