package org.rlhf4j.sft;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import org.rlhf4j.data.batch.TrainedTokens;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;

/**
 * How well a language model predicts held-out demonstrations: {@code evaluation.json}.
 *
 * @param rows demonstrations
 * @param tokens their completion tokens, EOS included
 * @param loss −(1/tokens) Σ log π, in nats
 * @param perplexity e to the loss
 * @param cut rows whose prompt lost its beginning
 * @param dropped rows left out because they are too long
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record SftEvaluation(
    int rows, long tokens, double loss, double perplexity, int cut, int dropped) {

  /**
   * Evaluates a model.
   *
   * @param model the model
   * @param heldOut at least one demonstration
   * @param tokenBudget tokens that go through the network at once
   * @return the evaluation
   */
  public static SftEvaluation of(
      LanguageModel model, Tokenized<TokenizedRow> heldOut, int tokenBudget) {
    long tokens = 0;
    double logprobs = 0;
    for (TrainedTokens batch : TrainedTokens.pack(heldOut.rows(), tokenBudget)) {
      tokens += batch.trained();
      logprobs += batch.sum(model.logprobs(batch.tokens(), 1).logprobs());
    }
    double loss = -logprobs / tokens;
    DataReport report = heldOut.report();
    return new SftEvaluation(
        heldOut.rows().size(), tokens, loss, Math.exp(loss), report.cut(), report.dropped());
  }
}
