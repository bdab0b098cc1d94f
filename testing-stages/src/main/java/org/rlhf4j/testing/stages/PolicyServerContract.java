package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.UserException;

/** Runs whose completions servers sample, for each stage with a policy. */
public abstract class PolicyServerContract {
  /** At a large step size, far above what rounding takes two passes apart. */
  private static final double MOVED = 1e-3;

  @TempDir private Path folder;
  private PolicyRuns<?> runs;
  private Path adapters;
  private FakeRolloutServer server;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  @BeforeEach
  void start() throws IOException {
    runs = runs(folder);
    adapters = Files.createDirectory(folder.resolve("adapters"));
    server = new FakeRolloutServer(runs.policy());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String[] options(String... more) {
    List<String> options = new ArrayList<>(List.of("rollout-server", server.address()));
    options.addAll(List.of("rollout-adapters", adapters.toString()));
    options.addAll(List.of("lora-rank", "4", "learning-rate", "0.05", "schedule", "constant"));
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }

  private static List<Double> values(Path run, String name) throws IOException {
    return RunFiles.lines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.get(name).doubleValue())
        .toList();
  }

  private static List<JsonNode> completions(Path run, int step) throws IOException {
    return RunFiles.lines(run.resolve("rollouts.jsonl")).stream()
        .filter(line -> line.get("step").intValue() == step)
        .toList();
  }

  /** The largest difference of what sampled from a model, over a step's tokens. */
  private static double farthest(Path run, int step, Path model) throws IOException {
    double farthest = 0;
    try (LanguageModel loaded = LanguageModel.load(model)) {
      for (JsonNode line : completions(run, step)) {
        PackedTokens tokens =
            PackedTokens.of(
                List.of(
                    TokenTree.of(
                        FakeRolloutServer.ids(line.get("prompt_ids")),
                        FakeRolloutServer.ids(line.get("completion_ids")))));
        float[] own = loaded.logprobs(tokens, 1).logprobs();
        for (int t = 0; t < own.length; t++) {
          double sampled = line.get("behaviour_logprobs").get(t).doubleValue();
          farthest = Math.max(farthest, Math.abs(own[t] - sampled));
        }
      }
    }
    return farthest;
  }

  @Test
  void serversSampleFromThePolicyAsItStands() throws IOException {
    Path run = runs.run("served", options());
    assertThat(values(run, "behaviour_error_max")).hasSize(3).allMatch(error -> error < 1e-4);
    assertThat(values(run, "behaviour_truncated")).containsOnly(0.0);
    assertThat(values(run, "servers_lost")).containsOnly(0.0);
    assertThat(values(run, "reward")).allMatch(Double::isFinite);
    // The policy has moved far enough that the step before would have been found out.
    assertThat(farthest(run, 1, runs.policy())).isLessThan(1e-4);
    assertThat(farthest(run, 3, runs.policy())).isGreaterThan(MOVED);
    assertThat(run.resolve("model/adapter_model.safetensors")).exists();
    assertThat(adapters).isEmptyDirectory();
    assertThat(server.adapters()).hasSize(8); // the trial's and three, loaded and unloaded
  }

  /** Without an adapter all weights are handed over. */
  @Test
  void sglangSamplesFromAllWeights() throws IOException {
    server.close();
    server = FakeRolloutServer.sglang(runs.policy());
    Path run = runs.run("weights", options("lora-rank", "", "learning-rate", "0.01"));
    assertThat(values(run, "behaviour_error_max")).hasSize(3).allMatch(error -> error < 1e-4);
    assertThat(farthest(run, 1, runs.policy())).isLessThan(1e-4);
    assertThat(farthest(run, 3, runs.policy())).isGreaterThan(MOVED);
    assertThat(run.resolve("model/model.safetensors")).exists();
    assertThat(adapters).isEmptyDirectory();
    assertThat(server.requests("/update_weights_from_disk"))
        .hasSize(6); // start, trial, start, three
  }

  /** The second step is sampled by the policy that the first one began with. */
  @Test
  void withALagTheServersAreOneUpdateBehindAndTokensAreWeighed() throws IOException {
    Path run =
        runs.run(
            "lag",
            options(
                runs.oneCloselyClippedUpdateWith(
                    "rollout-lag", "1", "max-behaviour-ratio", "1.0001")));
    assertThat(farthest(run, 1, runs.policy())).isLessThan(1e-4);
    assertThat(farthest(run, 2, runs.policy())).isLessThan(1e-4);
    assertThat(farthest(run, 3, runs.policy())).isGreaterThan(MOVED);
    List<Double> errors = values(run, "behaviour_error_max");
    assertThat(errors.get(0)).isLessThan(1e-4);
    assertThat(errors.get(1)).isGreaterThan(MOVED);
    assertThat(values(run, "behaviour_truncated").get(1)).isGreaterThan(0);
    // π_old is the pass that is trained: ratios to the sampler would be clipped.
    assertThat(values(run, "clip_fraction")).containsOnly(0.0);
    assertThat(completions(run, 4)).isEmpty(); // nothing is sampled beyond the last step
    assertThat(server.adapters()).hasSize(6); // the trial's, of no updates and of one
  }

  @Test
  void aRunWhoseServerDiesEndsWithOneLineAndGoesOnWithAnother() throws IOException {
    server.answers(
        request -> {
          String model = request.body().path("model").asText();
          boolean dies = request.path().equals("/v1/completions") && model.endsWith("v1");
          return dies ? FakeRolloutServer.Reply.error(422, "the engine is dead") : Optional.empty();
        });
    assertThatThrownBy(() -> runs.run("run", options()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the engine is dead")
        .hasMessageMatching("[^\\n]+");
    assertThat(adapters).isEmptyDirectory();
    server.close();
    server = new FakeRolloutServer(runs.policy());
    Path run = runs.run("run", options("resume", "true"));
    assertThat(values(run, "behaviour_error_max")).hasSize(3).allMatch(error -> error < 1e-4);
  }

  @Test
  void aServerThatIgnoresAdaptersStopsTheRunBeforeItsFirstStep() throws IOException {
    server.ignoreAdapters();
    assertThatThrownBy(() -> runs.run("ignored", options()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it takes the adapter and ignores it");
    assertThat(folder.resolve("ignored/rollouts.jsonl")).doesNotExist();
  }

  @Test
  void serversAndReplaysDontGoTogether() {
    assertThatThrownBy(() -> runs.run("replay", options("replay", "rollouts.jsonl", "data", "")))
        .hasMessageContaining("rollout-server samples; with --replay the file has the completions");
  }
}
