package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.testing.stages.PolicyReplayContract;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.RunFiles;

class PpoReplayTest extends PolicyReplayContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> both() {
    return List.of();
  }

  @Override
  protected List<String> replays() {
    return List.of("value-model", TinyRun.REWARD_MODEL.toString());
  }

  @Override
  protected List<String> oneUpdate() {
    return List.of("ppo-epochs", "1", "minibatches", "1");
  }

  @Override
  protected List<String> models() {
    return List.of("model", "critic");
  }

  @Override
  protected List<String> computed() {
    return List.of("logprobs", "ref_logprobs", "values");
  }

  @Override
  protected String ownLoss() {
    return "value_loss";
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip", "vanilla", "adaptive-kl", "trust-region"})
  void aTokenOfAnotherSamplerWeighsItsTruncatedRatio(String objective) throws IOException {
    requireWeighedByBehaviour("objective", objective);
  }

  /**
   * π_old / μ of 1, e^0.4 and e^0.8, cut at 2: with ρ = 1 the loss is the mean of −A times that.
   */
  @Test
  void eachTokenHasItsOwnWeight() throws IOException {
    JsonNode made = sampledBy("each", t -> 0.4 * (t % 3));
    double sum = 0;
    int tokens = 0;
    for (JsonNode line : RunFiles.lines(folder().resolve("each/rollouts.jsonl"))) {
      JsonNode advantages = line.get("advantages");
      for (int t = 0; t < advantages.size(); t++) {
        sum -= Math.min(Math.exp(0.4 * (t % 3)), 2) * advantages.get(t).doubleValue();
        tokens++;
      }
    }
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(sum / tokens, within(1e-5));
    assertThat(Math.abs(sum / tokens)).isGreaterThan(1e-3);
  }

  @Test
  void recordedValuesAreTheOldOnes() throws IOException {
    Path values =
        edited(
            line -> {
              ArrayNode array = (ArrayNode) line.get("values");
              for (int t = 0; t < array.size(); t++) {
                array.set(t, 0);
              }
            });
    JsonNode metrics = RunFiles.lines(replay("values", values).resolve("metrics.jsonl")).get(0);
    // var(G − 0) = var(G)
    assertThat(metrics.get("explained_variance").doubleValue()).isZero();
  }

  /** The recorded rollouts with tokens' log-probabilities changed: made so much less probable. */
  private Path lessProbable(double first, double others) throws IOException {
    return edited(line -> shift((ArrayNode) line.get("logprobs"), t -> t == 0 ? -first : -others));
  }

  private static void shift(ArrayNode numbers, IntToDoubleFunction by) {
    for (int t = 0; t < numbers.size(); t++) {
      numbers.set(t, (float) (numbers.get(t).doubleValue() + by.applyAsDouble(t)));
    }
  }

  private JsonNode once(String name, Path rollouts, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of("ppo-epochs", "1", "minibatches", "1"));
    options.addAll(List.of("steps", "1", "kl-coefficient", "0"));
    options.addAll(List.of(more));
    Path run = replay(name, rollouts, options.toArray(String[]::new));
    return RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
  }

  /**
   * ρ = e for every token, cut at 2: the gradient is the mean of −2 A ∇ log π, twice that at ρ = 1
   * (Espeholt et al. 2018, section 4.1).
   */
  @ParameterizedTest
  @ValueSource(strings = {"vanilla", "adaptive-kl", "trust-region"})
  void beyondTheCapATokenWeighsAsMuchAsTheCap(String objective) throws IOException {
    String[] options = {"objective", objective, "max-ratio", "2"};
    JsonNode own = once("own", recorded(), options);
    JsonNode cut = once("cut", lessProbable(1, 1), options);
    assertThat(own.get("ratio_max").doubleValue()).isCloseTo(1, within(1e-4));
    assertThat(cut.get("ratio_max").doubleValue()).isCloseTo(Math.E, within(1e-3));
    double norm = own.get("grad_norm").doubleValue();
    assertThat(norm).isGreaterThan(0.1);
    assertThat(cut.get("grad_norm").doubleValue()).isCloseTo(2 * norm, within(2e-4 * norm));
  }

  /** The first token of each completion at ρ = e⁹⁵, beyond fp32, the others at 1: 2 and 1. */
  @Test
  void aRatioBeyondFp32IsCutToo() throws IOException {
    String[] options = {"objective", "vanilla", "max-ratio", "2"};
    JsonNode made = once("far", lessProbable(95, 0), options);
    double sum = 0;
    int tokens = 0;
    for (JsonNode line : RunFiles.lines(folder().resolve("far/rollouts.jsonl"))) {
      JsonNode advantages = line.get("advantages");
      for (int t = 0; t < advantages.size(); t++) {
        sum -= (t == 0 ? 2 : 1) * advantages.get(t).doubleValue();
        tokens++;
      }
    }
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(sum / tokens, within(1e-5));
    assertThat(made.get("grad_norm").doubleValue()).isBetween(1e-3, 1e3);
  }

  /**
   * With the KL in the loss weighed by ρ, and d = log π − log π_ref: ρ (k1 + 1) ∇ log π = ρ (d + 1)
   * ∇ log π, ρ (k2 + d) ∇ log π, and ρ (k3 + 1 − e^−d) ∇ log π = ρ d ∇ log π. So all of the loss's
   * gradient has the factor ρ = e. Without the correction only the surrogate's has.
   */
  @ParameterizedTest
  @CsvSource({"k1, true", "k2, true", "k3, true", "k3, false"})
  void aCorrectedKlIsWeighedByTheRatio(String estimator, boolean corrected) throws IOException {
    List<String> options = new ArrayList<>(List.of("objective", "vanilla"));
    options.addAll(List.of("kl-in", "loss", "kl-estimator", estimator, "kl-coefficient", "0.5"));
    options.addAll(List.of("kl-ratio-correction", String.valueOf(corrected)));
    double[] norms = new double[2];
    for (int nats = 0; nats < 2; nats++) {
      int less = nats;
      Path file =
          edited(
              line -> {
                shift((ArrayNode) line.get("ref_logprobs"), t -> (t % 3 - 1) * 0.7);
                shift((ArrayNode) line.get("logprobs"), t -> -less);
              });
      JsonNode made = once("less-" + nats, file, options.toArray(String[]::new));
      norms[nats] = made.get("grad_norm").doubleValue();
    }
    double factor = norms[1] / norms[0];
    if (corrected) {
      assertThat(factor).isCloseTo(Math.E, within(1e-3));
    } else {
      assertThat(factor).isNotCloseTo(Math.E, within(1e-2));
    }
  }

  /** Twice the gradient is the same step of the trust region, of twice the gain. */
  @Test
  void aTrustRegionsStepIsThatOfTheWeighedGradient() throws IOException {
    String[] options = {"objective", "trust-region", "max-ratio", "2"};
    JsonNode own = once("own", recorded(), options);
    JsonNode cut = once("cut", lessProbable(1, 1), options);
    double gain = own.get("surrogate_gain").doubleValue();
    double kl = own.get("step_kl").doubleValue();
    assertThat(gain).isPositive();
    assertThat(cut.get("surrogate_gain").doubleValue()).isCloseTo(2 * gain, within(0.02 * gain));
    assertThat(cut.get("step_kl").doubleValue()).isCloseTo(kl, within(0.02 * kl));
  }
}
