package org.rlhf4j.rollout.server;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.settings.UserException;

/**
 * A copy of a policy whose adapter changes much. A fresh adapter changes nothing, so a server that
 * ignores it would be found only when the policy has long moved.
 */
final class TrialAdapter implements AutoCloseable {
  private static final double FIRST = 0.02;
  private static final int DOUBLINGS = 16;

  /** Nats per token. */
  private static final double MUCH = 0.5;

  private static final int TOKENS = 8;

  private final LanguageModel model;
  private double deviation = FIRST / 2;
  private int doubled;

  /**
   * A copy.
   *
   * @param policy an adapter; it isn't changed
   */
  TrialAdapter(LanguageModel policy) {
    this.model = policy.copy();
  }

  /**
   * The copy with a larger adapter than before, at least one that changes much here.
   *
   * @param base the policy without an adapter
   * @param prompts whose tokens it is measured at
   */
  LanguageModel next(LanguageModel base, List<int[]> prompts) {
    PackedTokens tokens = PackedTokens.of(prompts.stream().map(TrialAdapter::twice).toList());
    float[] without = base.logprobs(tokens, 1).logprobs();
    do {
      if (doubled++ == DOUBLINGS) {
        throw new UserException(
            "proof \"same policy\" failed: no adapter changes what the model makes of the first"
                + " prompts; --skip-proofs continues anyway");
      }
      deviation *= 2;
      setOutputs(model, deviation);
    } while (difference(model.logprobs(tokens, 1).logprobs(), without) < MUCH);
    return model;
  }

  /** Some tokens to predict: the prompt's beginning, behind itself. */
  private static TokenTree twice(int[] prompt) {
    int[] beginning = Arrays.copyOf(prompt, Math.min(TOKENS, prompt.length));
    return TokenTree.of(beginning, beginning);
  }

  private static double difference(float[] some, float[] others) {
    double sum = 0;
    for (int t = 0; t < some.length; t++) {
      sum += Math.abs(some[t] - others[t]);
    }
    return sum / some.length;
  }

  /**
   * Draws the matrices B of an adapter from a normal distribution.
   *
   * @param model its adapter is changed
   * @param deviation 0 turns the adapter off
   */
  static void setOutputs(LanguageModel model, double deviation) {
    CounterRandom random = new CounterRandom(1);
    float[] values = model.parameters().values();
    List<ParameterSpec> specs = model.parameters().specs();
    int next = 0;
    for (ParameterSpec spec : specs) {
      boolean isOutput = spec.name().endsWith("lora_B.weight");
      for (long end = next + spec.size(); next < end; next++) {
        values[next] = isOutput ? (float) (deviation * random.normal(next)) : values[next];
      }
    }
    model.parameters().setValues(values);
  }

  @Override
  public void close() {
    model.close();
  }
}
