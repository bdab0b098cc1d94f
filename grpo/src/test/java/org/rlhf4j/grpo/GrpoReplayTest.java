package org.rlhf4j.grpo;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on the rollouts that a run recorded. */
class GrpoReplayTest {
  @TempDir private Path folder;
  private TinyRun runs;
  private Path original;

  @BeforeEach
  void record() throws IOException {
    runs = new TinyRun(folder);
    original = runs.run("original", "updates-per-batch", "2");
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
                "updates-per-batch",
                "2"));
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
    for (String file : List.of("model/model.safetensors", "rollouts.jsonl")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(original.resolve(file));
    }
  }

  /** What is absent is computed from the models as they stand, which are those that sampled. */
  @Test
  void absentNumbersAreComputed() throws IOException {
    Path bare = edited(line -> line.remove(List.of("logprobs", "ref_logprobs")));
    JsonNode made = TinyRun.lines(replay("bare", bare).resolve("metrics.jsonl")).get(0);
    JsonNode expected = TinyRun.lines(original.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("reward", "kl", "policy_loss", "kl_loss", "ratio_mean")) {
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
    String[] one = {"updates-per-batch", "1", "steps", "1"};
    JsonNode metrics =
        TinyRun.lines(replay("shifted", shifted, one).resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("ratio_mean").doubleValue()).isCloseTo(Math.exp(-0.5), within(1e-4));
    assertThat(metrics.get("approx_kl").doubleValue())
        .isCloseTo(Math.exp(-0.5) - 1 + 0.5, within(1e-4));
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
    for (JsonNode metrics : TinyRun.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("equal_reward_groups").intValue()).isEqualTo(1);
    }
  }

  @Test
  void epochsGoOverTheRecordedSteps() throws IOException {
    Path twice = replay("twice", original.resolve("rollouts.jsonl"), "epochs", "2");
    assertThat(TinyRun.lines(twice.resolve("metrics.jsonl"))).hasSize(6);
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
          TinyRun.lines(run.resolve("metrics.jsonl")).get(0).get("grad_norm").doubleValue();
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
    for (JsonNode line : TinyRun.lines(run.resolve("rollouts.jsonl"))) {
      double advantage = line.get("advantages").get(0).doubleValue();
      sum += advantage > 0 ? -1.2 * advantage : -2 * advantage;
      completions++;
    }
    JsonNode made = TinyRun.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(sum / completions, within(1e-4));
    assertThat(made.get("grad_norm").doubleValue()).isBetween(1e-2, 1e3);
  }

  /** Tokens of the reference 95 nats likelier than they are: e⁹⁵ is beyond fp32, the run isn't. */
  @Test
  void aFarReferenceStopsNoRun() throws IOException {
    Path far =
        edited(
            line -> {
              ArrayNode logprobs = (ArrayNode) line.get("logprobs");
              ArrayNode reference = (ArrayNode) line.get("ref_logprobs");
              reference.set(0, (float) (logprobs.get(0).doubleValue() + 95));
            });
    Path run = replay("far", far, "updates-per-batch", "1", "steps", "1");
    JsonNode made = TinyRun.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(made.get("kl_loss").doubleValue()).isFinite().isGreaterThan(1e10);
    assertThat(made.get("grad_norm").doubleValue()).isFinite().isGreaterThan(1e10);
  }
}
