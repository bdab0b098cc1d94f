package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on the rollouts that a run recorded. */
class PpoReplayTest {
  @TempDir private Path folder;
  private TinyRun runs;
  private Path original;

  @BeforeEach
  void record() throws IOException {
    runs = new TinyRun(folder);
    original = runs.run("original");
  }

  private Path replay(String name, Path rollouts, String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "replay",
                rollouts.toString(),
                "data",
                "",
                "reward-model",
                "",
                "steps",
                "",
                "value-model",
                TinyRun.REWARD_MODEL.toString()));
    options.addAll(List.of(more));
    return runs.run(name, options.toArray(String[]::new));
  }

  /** The recorded rollouts with each line changed. */
  private Path edited(Consumer<ObjectNode> change) throws IOException {
    List<String> lines = new ArrayList<>();
    for (JsonNode line : TinyRun.lines(original.resolve("rollouts.jsonl"))) {
      change.accept((ObjectNode) line);
      lines.add(line.toString());
    }
    return Files.write(folder.resolve("edited.jsonl"), lines);
  }

  @Test
  void makesTheSameRunToTheLastBit() throws IOException {
    Path again = replay("again", original.resolve("rollouts.jsonl"));
    assertThat(TinyRun.withoutClock(again)).isEqualTo(TinyRun.withoutClock(original));
    assertThat(again.resolve("rollouts.jsonl"))
        .hasSameTextualContentAs(original.resolve("rollouts.jsonl"));
    for (String file : List.of("model/model.safetensors", "critic/model.safetensors")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(original.resolve(file));
    }
  }

  /** What is absent is computed from the models as they stand, which are those that sampled. */
  @Test
  void absentNumbersAreComputed() throws IOException {
    Path bare = edited(line -> line.remove(List.of("logprobs", "ref_logprobs", "values")));
    JsonNode made = TinyRun.lines(replay("bare", bare).resolve("metrics.jsonl")).get(0);
    JsonNode expected = TinyRun.lines(original.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("reward", "kl", "policy_loss", "value_loss", "ratio_mean")) {
      assertThat(made.get(name).doubleValue())
          .as(name)
          .isCloseTo(expected.get(name).doubleValue(), within(2e-4));
    }
  }

  /** Half a nat more for every token: ρ is e^−0.5 of what it was, and no proof stops the run. */
  @Test
  void recordedLogprobsAreTheOldOnes() throws IOException {
    Path shifted =
        edited(
            line -> {
              ArrayNode logprobs = (ArrayNode) line.get("logprobs");
              for (int t = 0; t < logprobs.size(); t++) {
                logprobs.set(t, (float) (logprobs.get(t).doubleValue() + 0.5));
              }
            });
    String[] one = {"ppo-epochs", "1", "minibatches", "1", "steps", "1"};
    JsonNode metrics =
        TinyRun.lines(replay("shifted", shifted, one).resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("ratio_mean").doubleValue()).isCloseTo(Math.exp(-0.5), within(1e-4));
    assertThat(metrics.get("approx_kl").doubleValue())
        .isCloseTo(Math.exp(-0.5) - 1 + 0.5, within(1e-4));
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
    JsonNode metrics = TinyRun.lines(replay("values", values).resolve("metrics.jsonl")).get(0);
    // var(G − 0) = var(G)
    assertThat(metrics.get("explained_variance").doubleValue()).isZero();
  }

  @Test
  void epochsGoOverTheRecordedSteps() throws IOException {
    Path twice = replay("twice", original.resolve("rollouts.jsonl"), "epochs", "2");
    assertThat(TinyRun.lines(twice.resolve("metrics.jsonl"))).hasSize(6);
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

  private JsonNode oneUpdate(String name, Path rollouts, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of("ppo-epochs", "1", "minibatches", "1"));
    options.addAll(List.of("steps", "1", "kl-coefficient", "0"));
    options.addAll(List.of(more));
    Path run = replay(name, rollouts, options.toArray(String[]::new));
    return TinyRun.lines(run.resolve("metrics.jsonl")).get(0);
  }

  /**
   * ρ = e for every token, cut at 2: the gradient is the mean of −2 A ∇ log π, twice that at ρ = 1
   * (Espeholt et al. 2018, section 4.1).
   */
  @ParameterizedTest
  @ValueSource(strings = {"vanilla", "adaptive-kl", "trust-region"})
  void beyondTheCapATokenWeighsAsMuchAsTheCap(String objective) throws IOException {
    String[] options = {"objective", objective, "max-ratio", "2"};
    JsonNode own = oneUpdate("own", original.resolve("rollouts.jsonl"), options);
    JsonNode cut = oneUpdate("cut", lessProbable(1, 1), options);
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
    JsonNode made = oneUpdate("far", lessProbable(95, 0), options);
    double sum = 0;
    int tokens = 0;
    for (JsonNode line : TinyRun.lines(folder.resolve("far/rollouts.jsonl"))) {
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
      JsonNode made = oneUpdate("less-" + nats, file, options.toArray(String[]::new));
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
    JsonNode own = oneUpdate("own", original.resolve("rollouts.jsonl"), options);
    JsonNode cut = oneUpdate("cut", lessProbable(1, 1), options);
    double gain = own.get("surrogate_gain").doubleValue();
    double kl = own.get("step_kl").doubleValue();
    assertThat(gain).isPositive();
    assertThat(cut.get("surrogate_gain").doubleValue()).isCloseTo(2 * gain, within(0.02 * gain));
    assertThat(cut.get("step_kl").doubleValue()).isCloseTo(kl, within(0.02 * kl));
  }
}
