package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.testing.stages.PolicyReplayContract;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.RunFiles;

class GrpoReplayTest extends PolicyReplayContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  @Override
  protected List<String> both() {
    return List.of("updates-per-batch", "2");
  }

  @Override
  protected List<String> replays() {
    return List.of();
  }

  @Override
  protected List<String> oneUpdate() {
    return List.of("updates-per-batch", "1");
  }

  @Override
  protected List<String> models() {
    return List.of("model");
  }

  @Override
  protected List<String> computed() {
    return List.of("logprobs", "ref_logprobs");
  }

  @Override
  protected String ownLoss() {
    return "kl_loss";
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "dapo", "dr-grpo", "gspo"})
  void aTokenOfAnotherSamplerWeighsItsTruncatedRatio(String loss) throws IOException {
    requireWeighedByBehaviour("loss", loss);
  }

  /**
   * π_old / μ of 1, e^0.4 and e^0.8, cut at 2: with ρ = 1 the loss is the mean of −A times that.
   */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "gspo"})
  void eachTokenHasItsOwnWeight(String loss) throws IOException {
    JsonNode made = sampledBy("each", t -> 0.4 * (t % 3), "loss", loss);
    double sum = 0;
    int completions = 0;
    for (JsonNode line : RunFiles.lines(folder().resolve("each/rollouts.jsonl"))) {
      JsonNode advantages = line.get("advantages");
      for (int t = 0; t < advantages.size(); t++) {
        double weight = Math.min(Math.exp(0.4 * (t % 3)), 2);
        sum -= weight * advantages.get(t).doubleValue() / advantages.size();
      }
      completions++;
    }
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(sum / completions, within(1e-5));
    assertThat(Math.abs(sum / completions)).isGreaterThan(1e-3);
  }

  /** The KL that ρ corrects is weighed too, and the other isn't: here it is all of the gradient. */
  @ParameterizedTest
  @CsvSource({"true, 2", "false, 1"})
  void aCorrectedKlIsWeighedByTheBehaviourPolicyToo(String corrected, double factor)
      throws IOException {
    String[] options = {"kl-coefficient", "0.5", "kl-ratio-correction", corrected, "steps", "1"};
    double[] norms = new double[2];
    for (int nats = 0; nats < 2; nats++) {
      int less = nats;
      Path file =
          edited(
              line -> {
                line.put("score", 0);
                ArrayNode reference = (ArrayNode) line.get("ref_logprobs");
                ArrayNode behaviour = line.putArray("behaviour_logprobs");
                for (int t = 0; t < reference.size(); t++) {
                  double old = line.get("logprobs").get(t).doubleValue();
                  reference.set(t, (float) (old - 0.5));
                  behaviour.add((float) (old - less));
                }
              });
      List<String> all = new ArrayList<>(oneUpdate());
      all.addAll(List.of(options));
      Path run = replay("less-" + nats, file, all.toArray(String[]::new));
      norms[nats] =
          RunFiles.lines(run.resolve("metrics.jsonl")).get(0).get("grad_norm").doubleValue();
    }
    assertThat(norms[0]).isGreaterThan(1e-2);
    assertThat(norms[1]).isCloseTo(factor * norms[0], within(1e-3 * norms[0]));
  }

  /** The groups are those of the file, whatever --group-size says. */
  @Test
  void groupsAreThoseOfTheFile() throws IOException {
    Path equal =
        edited(
            line -> {
              if (line.get("group").intValue() == 1) {
                line.put("score", 0.25);
              }
            });
    Path run = replay("equal", equal, "group-size", "8");
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("equal_reward_groups").intValue()).isEqualTo(1);
    }
  }

  /** The recorded rollouts with every token's log-probability less by so much. */
  private Path lessProbable(double nats) throws IOException {
    return edited(line -> lower(line, nats));
  }

  private static void lower(ObjectNode line, double nats) {
    ArrayNode logprobs = (ArrayNode) line.get("logprobs");
    for (int t = 0; t < logprobs.size(); t++) {
      logprobs.set(t, (float) (logprobs.get(t).doubleValue() - nats));
    }
  }

  /**
   * ρ = e for every token, cut at 2, within a range of clipping up to 6: the gradient is that of −2
   * A log π, twice that at ρ = 1. The KL weighed by ρ has, with d = log π − log π_ref, the gradient
   * ρ (k3 + 1 − e^−d) ∇ log π = ρ d ∇ log π, twice too.
   */
  @ParameterizedTest
  @CsvSource({"grpo, false", "grpo, true", "dapo, false", "gspo, false"})
  void beyondTheCapATokenWeighsAsMuchAsTheCap(String loss, String inLoss) throws IOException {
    List<String> options = new ArrayList<>(List.of("updates-per-batch", "1", "steps", "1"));
    options.addAll(List.of("loss", loss, "max-ratio", "2", "clip-high", "5"));
    options.addAll(List.of("kl-ratio-correction", inLoss));
    options.addAll(List.of("kl-coefficient", inLoss.equals("true") ? "0.5" : "0"));
    // The reference isn't the policy: d isn't 0.
    Consumer<ObjectNode> farReference =
        line -> {
          ArrayNode logprobs = (ArrayNode) line.get("ref_logprobs");
          for (int t = 0; t < logprobs.size(); t++) {
            logprobs.set(t, (float) (logprobs.get(t).doubleValue() + (t % 3 - 1) * 0.7));
          }
        };
    double[] norms = new double[2];
    for (int nats = 0; nats < 2; nats++) {
      int less = nats;
      Path file =
          edited(
              line -> {
                farReference.accept(line);
                lower(line, less);
              });
      Path run = replay("less-" + nats, file, options.toArray(String[]::new));
      norms[nats] =
          RunFiles.lines(run.resolve("metrics.jsonl")).get(0).get("grad_norm").doubleValue();
    }
    assertThat(norms[0]).isGreaterThan(0.1);
    assertThat(norms[1]).isCloseTo(2 * norms[0], within(5e-4 * norms[0]));
  }

  /**
   * All tokens at ρ = e⁹⁵, cut at 2. A good token is beyond 1.2 and brings nothing; a bad one costs
   * 2 |A| and has the gradient of it.
   */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "gspo"})
  void aRatioBeyondFp32IsCutToo(String loss) throws IOException {
    String[] options = {
      "updates-per-batch",
      "1",
      "steps",
      "1",
      "loss",
      loss,
      "max-ratio",
      "2",
      "clip-low",
      "0.2",
      "clip-high",
      "0.2"
    };
    Path run = replay("far", lessProbable(95), options);
    double sum = 0;
    int completions = 0;
    for (JsonNode line : RunFiles.lines(run.resolve("rollouts.jsonl"))) {
      double advantage = line.get("advantages").get(0).doubleValue();
      sum += advantage > 0 ? -1.2 * advantage : -2 * advantage;
      completions++;
    }
    JsonNode made = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(sum / completions, within(1e-4));
    assertThat(made.get("grad_norm").doubleValue()).isBetween(1e-2, 1e3);
  }
}
