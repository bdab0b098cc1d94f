package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.rollout.stage.PolicyHealth;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.health.HealthWatch;
import org.rlhf4j.training.run.MetricsLog;

/** Real runs with a fault put in on purpose, and the warning that each sets off. */
class GrpoHealthTest {
  @TempDir private Path folder;

  private List<String> warnings(TinyRun runs, String... options) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "reward-model",
                "",
                "kl-coefficient",
                "0",
                "schedule",
                "constant",
                "checkpoint-every",
                "1000",
                "prompts-per-step",
                "4",
                "group-size",
                "8"));
    all.addAll(List.of(options));
    Path run = runs.run("run", all.toArray(String[]::new));
    return new HealthWatch(PolicyHealth.CHECKS, Precision.FP32)
        .addAll(MetricsLog.read(run.resolve("metrics.jsonl"))).stream()
            .map(warning -> warning.check().name())
            .toList();
  }

  @ParameterizedTest
  @CsvSource({
    // no completion has these letters
    "equal-rewards, regex:^ABCDEFGH, 6, 1e-3, 4",
    // a reward for length
    "reward-with-length, -1*length-penalty:0-12, 12, 1e-2, 20",
    // any of these letters will do, and one is soon the answer to everything
    "entropy-collapse, regex:^[a-m], 1, 3e-2, 30"
  })
  void aFaultIsWarnedOf(String check, String reward, String tokens, String rate, String steps)
      throws IOException {
    TinyRun runs = new TinyRun(folder);
    String[] options = {
      "reward", reward, "max-new-tokens", tokens, "learning-rate", rate, "steps", steps
    };
    assertThat(warnings(runs, options)).contains(check);
  }

  /** A model that doesn't know how to stop: of its stop ids one in 97 tokens is left. */
  @Test
  void answersThatAreCutAreWarnedOf() throws IOException {
    TinyRun runs = new TinyRun(folder);
    Files.writeString(runs.policy().resolve("generation_config.json"), "{\"eos_token_id\": [0]}");
    assertThat(warnings(runs, "reward", "regex:^[a-m]", "max-new-tokens", "2", "steps", "4"))
        .contains("completions-cut");
  }
}
