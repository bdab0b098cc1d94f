package org.rlhf4j.rollout.server;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.UserException;

/**
 * A copy of a policy that is changed much: its adapter, or where it has none its vectors. A fresh
 * adapter changes nothing, and a server begins with all weights of a fresh run, so one that ignores
 * what it is given would be found only when the policy has long moved.
 */
final class TrialPolicy implements AutoCloseable {
  private static final double FIRST = 0.02;
  private static final int DOUBLINGS = 16;

  /** Nats per token. */
  private static final double MUCH = 0.5;

  private static final int TOKENS = 8;

  private final LanguageModel policy;
  private final LanguageModel start;
  private final LanguageModel model;
  private double deviation = FIRST / 2;
  private int doubled;

  /**
   * A copy.
   *
   * @param policy isn't changed
   */
  TrialPolicy(LanguageModel policy) {
    this.policy = policy;
    this.model = policy.copy();
    this.start = policy.isAdapted() ? policy.copy() : policy;
    if (policy.isAdapted()) {
      move(start, 0);
    }
  }

  /** What a server has before the trial: the policy without its adapter, or all of its weights. */
  LanguageModel start() {
    return start;
  }

  /**
   * The copy, changed more than before, at least so that it changes much here.
   *
   * @param prompts whose tokens it is measured at
   */
  LanguageModel next(List<int[]> prompts) {
    PackedTokens tokens = PackedTokens.of(prompts.stream().map(TrialPolicy::twice).toList());
    float[] without = start.logprobs(tokens, 1).logprobs();
    do {
      if (doubled++ == DOUBLINGS) {
        throw new UserException(
            "proof \"same policy\" failed: no change of the policy changes what it makes of the"
                + " first prompts; --skip-proofs continues anyway");
      }
      deviation *= 2;
      move(model, deviation);
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
   * Changes a policy by numbers from a normal distribution: the matrices B of its adapter become
   * them, or else they are added to the weights of norms and to biases.
   *
   * @param model is changed
   * @param deviation of the numbers; 0 turns an adapter off
   */
  static void move(LanguageModel model, double deviation) {
    if (model.isAdapted()) {
      setOutputs(model, deviation);
    } else {
      moveVectors(model, deviation);
    }
  }

  private static void setOutputs(LanguageModel model, double deviation) {
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

  private static void moveVectors(LanguageModel model, double deviation) {
    CounterRandom random = new CounterRandom(1);
    Parameters weights = model.parameters();
    for (int i = 0; i < weights.specs().size(); i++) {
      long first = (long) i << Integer.SIZE;
      if (weights.specs().get(i).shape().size() == 1) {
        weights.change(i, memory -> add(memory.asFloatBuffer(), random, first, deviation));
      }
    }
  }

  private static void add(FloatBuffer vector, CounterRandom random, long first, double deviation) {
    for (int j = 0; j < vector.limit(); j++) {
      vector.put(j, (float) (vector.get(j) + deviation * random.normal(first + j)));
    }
  }

  @Override
  public void close() {
    model.close();
    if (start != policy) {
      start.close();
    }
  }
}
