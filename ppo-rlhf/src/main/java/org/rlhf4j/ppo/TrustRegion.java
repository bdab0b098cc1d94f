package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.rollout.ratio.TruncatedRatio;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.Metrics;

/**
 * Trust-region policy optimisation (Schulman et al. 2015, appendix C): one step on the whole batch,
 * with g the gradient of L = mean −A ρ and F the Hessian of the mean KL(π_old ‖ π_θ) per token,
 *
 * <pre>  θ ← θ − 0.5^i √(2δ / gᵀF⁻¹g) F⁻¹g</pre>
 *
 * for the first i whose L is lower and whose KL is at most δ, and that {@link LineSearch} finds
 * within what g and F say. Fused attention has no second derivative, so F v is a difference of
 * gradients, (∇KL(θ + hv) − ∇KL(θ − hv)) / 2h, with damping added; one of θ + hv and θ alone would
 * be off by h times the third derivative. It keeps some twenty copies of the weights in the heap:
 * an option for small models.
 */
final class TrustRegion {
  private static final int ITERATIONS = 10;
  private static final double DAMPING = 0.1;

  /**
   * ‖h v‖ / ‖θ‖: far enough for fp32 to see, near enough for the gradient's curvature to be small.
   * F⁻¹g is nearest to that of exact products at 7e-6 in a random model of 19 thousand weights, and
   * at 1e-5 to 3e-5 in a trained one of 5 million.
   */
  private static final double DISPLACEMENT = 1e-5;

  private final LanguageModel policy;
  private final double bound;
  private final double temperature;
  private final int tokenBudget;
  private final Double maxRatio;

  /**
   * A method.
   *
   * @param policy whose weights it moves
   * @param bound δ, nats per token
   * @param temperature of all probabilities
   * @param tokenBudget tokens of a micro-batch
   * @param maxRatio the most that a token weighs, or null
   */
  TrustRegion(
      LanguageModel policy, double bound, double temperature, int tokenBudget, Double maxRatio) {
    this.policy = policy;
    this.bound = bound;
    this.temperature = temperature;
    this.tokenBudget = tokenBudget;
    this.maxRatio = maxRatio;
  }

  /**
   * A step that was made.
   *
   * @param update what was measured before it
   * @param metrics step_kl, surrogate_gain, gain_to_expected, step_ratio_max, backtracks
   */
  record Made(PpoUpdate update, Metrics metrics) {}

  /** Moves the policy. */
  Made step(Experience experience) {
    Rollout rollout = experience.rollout();
    List<RolloutMicroBatch> batches = RolloutMicroBatch.of(rollout, i -> true, tokenBudget);
    float[] start = policy.parameters().values();
    try (OldPolicy old = new OldPolicy(policy, rollout, temperature, tokenBudget)) {
      // 1. The surrogate's gradient g.
      RatioStatistics ratios = new RatioStatistics();
      Surrogate surrogate = surrogateGradient(experience, batches, ratios);
      double before = surrogate.value();
      float[] g = takeGradient();
      double norm = NonFiniteException.check("gradient norm", norm(g));
      PpoUpdate update = PpoUpdate.ofPolicy(rollout.tokens(), before, ratios, norm);
      // 2. The direction F⁻¹ g.
      UnaryOperator<float[]> fisher = v -> fisherProduct(v, start, old, batches);
      float[] x = ConjugateGradient.solve(fisher, g, ITERATIONS);
      // 3. The step on the trust region's edge, and back from there.
      double gx = ConjugateGradient.dot(g, x);
      double length = gx > 0 ? Math.sqrt(2 * bound / gx) : 0;
      LineSearch.Slope slope = slope(experience, batches, old, surrogate);
      LineSearch.Step made = LineSearch.search(slope, start, x, length, gx, bound);
      return new Made(update, metrics(made));
    }
  }

  /** Where the weights can be put, and what is measured there. */
  private LineSearch.Slope slope(
      Experience experience, List<RolloutMicroBatch> batches, OldPolicy old, Surrogate before) {
    return new LineSearch.Slope() {
      @Override
      public void moveTo(float[] weights) {
        policy.parameters().setValues(weights);
      }

      @Override
      public LineSearch.Place measure() {
        double kl = old.meanKl();
        Moved moved = moved(experience, batches, before.logRatios());
        return new LineSearch.Place(kl, before.value() - moved.surrogate(), moved.ratio());
      }
    };
  }

  private static Metrics metrics(LineSearch.Step step) {
    return new Metrics()
        .put("step_kl", step.place().kl())
        .put("surrogate_gain", step.place().gain())
        .put("gain_to_expected", step.gainToExpected())
        .put("step_ratio_max", step.place().ratio())
        .put("backtracks", step.backtracks());
  }

  /** F v + damping · v. */
  private float[] fisherProduct(
      float[] v, float[] start, OldPolicy old, List<RolloutMicroBatch> batches) {
    double h = DISPLACEMENT * norm(start) / norm(v);
    float[] ahead = klGradientAt(start, h, v, old, batches);
    float[] behind = klGradientAt(start, -h, v, old, batches);
    policy.parameters().setValues(start);
    float[] product = new float[v.length];
    for (int k = 0; k < v.length; k++) {
      product[k] = (float) (((double) ahead[k] - behind[k]) / (2 * h) + DAMPING * v[k]);
    }
    return product;
  }

  private float[] klGradientAt(
      float[] start, double h, float[] v, OldPolicy old, List<RolloutMicroBatch> batches) {
    policy.parameters().setValues(ConjugateGradient.sum(start, h, v));
    klGradient(old, batches);
    return takeGradient();
  }

  private float[] takeGradient() {
    Parameters parameters = policy.parameters();
    float[] gradient = parameters.gradientValues();
    parameters.zeroGradients();
    return gradient;
  }

  /** Adds the gradient of the mean KL(π_old ‖ π_θ) per token. */
  private void klGradient(OldPolicy old, List<RolloutMicroBatch> batches) {
    int tokens = tokens(batches);
    for (RolloutMicroBatch batch : batches) {
      try (LogprobPass pass = policy.forward(batch.tokens(), temperature, false)) {
        pass.backward(
            Scalars.over(pass.divergencesFrom(old.states(batch), old.head()).sum(), tokens));
      }
    }
  }

  /**
   * The surrogate where the step begins.
   *
   * @param value mean −A ρ
   * @param logRatios log ρ of each micro-batch's tokens
   */
  private record Surrogate(double value, List<float[]> logRatios) {}

  /** Adds the surrogate's gradient and returns the surrogate. */
  private Surrogate surrogateGradient(
      Experience experience, List<RolloutMicroBatch> batches, RatioStatistics ratios) {
    int tokens = tokens(batches);
    double surrogate = 0;
    List<float[]> start = new ArrayList<>();
    for (RolloutMicroBatch batch : batches) {
      float[] old = batch.flat(experience.oldLogprobs());
      try (LogprobPass pass = policy.forward(batch.tokens(), temperature, false)) {
        NDArray logRatios = pass.logprobs().sub(pass.scope().create(old));
        NDArray ratio = TruncatedRatio.of(logRatios, maxRatio);
        NDArray advantages = pass.scope().create(batch.flat(experience.policyAdvantages()));
        NDArray loss = Scalars.over(advantages.neg().mul(ratio).sum(), tokens);
        ratios.addAll(
            logRatios, pass.entropies(), t -> false, batch.spread(experience.rollout().replayed()));
        surrogate += loss.getFloat();
        pass.backward(loss);
        start.add(logRatios.toFloatArray());
      }
    }
    return new Surrogate(surrogate, start);
  }

  /**
   * The policy as it stands.
   *
   * @param surrogate mean −A ρ, each ρ times its factor at the start
   * @param ratio the largest ratio of a token's probabilities here and at the start
   */
  private record Moved(double surrogate, double ratio) {}

  private Moved moved(
      Experience experience, List<RolloutMicroBatch> batches, List<float[]> startLogRatios) {
    double sum = 0;
    double farthest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < batches.size(); i++) {
      RolloutMicroBatch batch = batches.get(i);
      float[] start = startLogRatios.get(i);
      float[] old = batch.flat(experience.oldLogprobs());
      float[] advantages = batch.flat(experience.policyAdvantages());
      float[] now = policy.logprobs(batch.tokens(), temperature).logprobs();
      for (int t = 0; t < now.length; t++) {
        double logRatio = (double) now[t] - old[t];
        sum -= advantages[t] * Math.exp(logRatio + TruncatedRatio.logFactor(start[t], maxRatio));
        farthest = Math.max(farthest, logRatio - start[t]);
      }
    }
    return new Moved(sum / tokens(batches), Math.exp(TruncatedRatio.boundedLog(farthest)));
  }

  private static double norm(float[] v) {
    return Math.sqrt(ConjugateGradient.dot(v, v));
  }

  private static int tokens(List<RolloutMicroBatch> batches) {
    return batches.stream().mapToInt(batch -> batch.tokens().predicted()).sum();
  }
}
