package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.util.List;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.model.weights.Parameters;

/** A loss computed in Java on log-probabilities and entropies reaches every weight. */
class LogprobPassTest {
  private final RandomTokens random = new RandomTokens(5);
  private final PackedTokens tokens =
      PackedTokens.of(List.of(random.tree(5, 4, 6), random.tree(3, 7), random.tree(0, 5)));
  private final float[] a = random.weights(tokens.predicted());
  private final float[] b = random.weights(tokens.predicted());

  /** Along each weight tensor's own gradient g the loss rises by |g| a step. */
  @EveryFamily
  void gradientsAreTheSlopesOfTheLoss(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      try (LogprobPass pass = model.forward(tokens, 0.8, true)) {
        NDArray policy = pass.logprobs().square().mul(pass.scope().create(a)).sum();
        NDArray bonus = pass.entropies().mul(pass.scope().create(b)).sum();
        pass.backward(policy.add(bonus));
      }
      Gradients gradients = Gradients.take(model.parameters());
      for (int i = 0; i < gradients.values().size(); i++) {
        float[] g = gradients.values().get(i);
        double norm = norm(g);
        double step = 2e-3 / Math.max(1, norm / 4);
        move(model.parameters(), i, g, step / norm);
        double above = loss(model);
        move(model.parameters(), i, g, -2 * step / norm);
        double below = loss(model);
        move(model.parameters(), i, g, step / norm);
        assertThat((above - below) / (2 * step))
            .as(gradients.specs().get(i).name())
            .isCloseTo(norm, within(0.02 * norm + 0.01));
      }
    }
  }

  @EveryFamily
  void withoutTheirGradientEntropiesAreConstants(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      try (LogprobPass pass = model.forward(tokens, 1, false)) {
        pass.backward(pass.logprobs().mul(pass.scope().create(a)).sum());
      }
      Gradients alone = Gradients.take(model.parameters());
      model.accumulate(tokens, 1, a);
      assertThat(alone.distance(Gradients.take(model.parameters()))).isLessThan(1e-5);

      try (LogprobPass pass = model.forward(tokens, 1, true)) {
        NDArray bonus = pass.entropies().mul(pass.scope().create(b)).sum();
        pass.backward(pass.logprobs().mul(pass.scope().create(a)).sum().add(bonus));
      }
      assertThat(alone.distance(Gradients.take(model.parameters()))).isGreaterThan(1e-2);
    }
  }

  /** The same for what else a loss may be made of: the KL from another model, a second head. */
  @EveryFamily
  void soAreThoseOfDivergencesAndStates(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder());
        LanguageModel old = moved(model);
        HeadCopy oldHead = old.headCopy();
        ValueHead value = ValueHead.fresh(model, 3)) {
      value.parameters().trainable(true);
      float[] oldStates = old.states(tokens);
      try (LogprobPass pass = model.forward(tokens, 0.8, false)) {
        NDArray kl = pass.divergencesFrom(oldStates, oldHead).mul(pass.scope().create(a)).sum();
        NDArray values = value.of(pass.states()).mul(pass.scope().create(b)).sum();
        pass.backward(Scalars.times(kl, 10).add(values));
      }
      Gradients gradients = Gradients.take(model.parameters());
      for (int i = 0; i < gradients.values().size(); i++) {
        float[] g = gradients.values().get(i);
        double norm = norm(g);
        double step = 2e-3 / Math.max(1, norm / 4);
        move(model.parameters(), i, g, step / norm);
        double above = otherLoss(model, oldStates, oldHead, value);
        move(model.parameters(), i, g, -2 * step / norm);
        double below = otherLoss(model, oldStates, oldHead, value);
        move(model.parameters(), i, g, step / norm);
        assertThat((above - below) / (2 * step))
            .as(gradients.specs().get(i).name())
            .isCloseTo(norm, within(0.02 * norm + 0.02));
      }
    }
  }

  private double otherLoss(
      LanguageModel model, float[] oldStates, HeadCopy oldHead, ValueHead value) {
    float[] kl = model.divergencesFrom(tokens, 0.8, oldStates, oldHead);
    float[] values = value.values(model, tokens);
    double loss = 0;
    for (int i = 0; i < a.length; i++) {
      loss += 10 * a[i] * kl[i] + b[i] * values[i];
    }
    return loss;
  }

  private LanguageModel moved(LanguageModel model) {
    LanguageModel copy = model.copy();
    float[] weights = copy.parameters().values();
    float[] noise = random.weights(weights.length);
    for (int i = 0; i < weights.length; i++) {
      weights[i] += 0.05f * noise[i];
    }
    copy.parameters().setValues(weights);
    return copy;
  }

  private double loss(LanguageModel model) {
    TokenLogprobs now = model.logprobs(tokens, 0.8);
    double loss = 0;
    for (int i = 0; i < a.length; i++) {
      loss += a[i] * Math.pow(now.logprobs()[i], 2) + b[i] * now.entropies()[i];
    }
    return loss;
  }

  private static void move(Parameters parameters, int index, float[] direction, double by) {
    parameters.change(
        index,
        weights -> {
          for (int i = 0; i < direction.length; i++) {
            weights.putFloat(4 * i, (float) (weights.getFloat(4 * i) + by * direction[i]));
          }
        });
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
