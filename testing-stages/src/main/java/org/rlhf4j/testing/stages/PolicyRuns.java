package org.rlhf4j.testing.stages;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;

/**
 * Small runs of a stage that trains a policy, in a folder of a test: three steps of 6 tokens at
 * most.
 *
 * @param <C> the stage's configuration
 */
public abstract class PolicyRuns<C extends Record> {
  /** Of 97 ids these end a completion, so that some do within a few tokens. */
  public static final int LAST_STOP_ID = 25;

  private final Path folder;
  private final Path fixture;
  private final Path policy;
  private final Path prompts;

  /**
   * Writes a policy and prompts.
   *
   * @param folder where to; runs go there too
   * @param fixture has {@code policy} and {@code reference}
   * @param rows how many prompts
   */
  protected PolicyRuns(Path folder, Path fixture, int rows) throws IOException {
    this.folder = folder;
    this.fixture = fixture;
    this.policy = Files.createDirectory(folder.resolve("policy"));
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(fixture.resolve("policy").resolve(file), policy.resolve(file));
    }
    List<Integer> stops = IntStream.rangeClosed(3, LAST_STOP_ID).boxed().toList();
    Files.writeString(
        policy.resolve("generation_config.json"), "{\"eos_token_id\": " + stops + "}");
    this.prompts = folder.resolve("prompts.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      lines.add(String.format(Locale.ROOT, "{\"prompt\": \"Human: what is %d?\"}", i * i));
    }
    Files.write(prompts, lines);
  }

  /** The stage's settings. */
  protected abstract Settings<C> settings();

  /** What makes of a step a single update, and clips ratios that are further than 1e-3 from 1. */
  protected abstract List<String> oneCloselyClippedUpdate();

  /** The options of {@link #oneCloselyClippedUpdate}, and some more. */
  final String[] oneCloselyClippedUpdateWith(String... more) {
    return Stream.concat(oneCloselyClippedUpdate().stream(), Stream.of(more))
        .toArray(String[]::new);
  }

  /** A reward model with the policy's tokenizer. */
  protected abstract Path rewardModel();

  /** What a usual run has beside what all have. */
  protected abstract Map<String, String> more();

  /** The stage. */
  protected abstract StageType<C> stage();

  /** The policy that runs begin with. */
  public final Path policy() {
    return policy;
  }

  /** A model that is some way off the policy. */
  public final Path reference() {
    return fixture.resolve("reference");
  }

  /** The rows that a usual run trains on. */
  public final Path prompts() {
    return prompts;
  }

  /** Whether a line of a rollout file ends in EOS or another stop id. */
  public static boolean ended(JsonNode line) {
    JsonNode ids = line.get("completion_ids");
    int last = ids.get(ids.size() - 1).intValue();
    return last == 0 || (last >= 3 && last <= LAST_STOP_ID);
  }

  /** A usual run's settings. */
  public final Map<String, List<String>> usual(String name) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(policy.toString()));
    given.put("reward-model", List.of(rewardModel().toString()));
    given.put("data", List.of(prompts.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("max-new-tokens", List.of("6"));
    given.put("steps", List.of("3"));
    given.put("learning-rate", List.of("1e-3"));
    given.put("checkpoint-every", List.of("1"));
    given.put("keep-checkpoints", List.of("9"));
    more().forEach((setting, value) -> given.put(setting, List.of(value)));
    return given;
  }

  /** Those with some changed; an empty text takes one out. */
  public final C config(String name, String... options) {
    Map<String, List<String>> given = usual(name);
    for (int i = 0; i < options.length; i += 2) {
      if (options[i + 1].isEmpty()) {
        given.remove(options[i]);
      } else {
        given.put(options[i], List.of(options[i + 1]));
      }
    }
    return settings().bind(Written.Mapping.EMPTY, given);
  }

  /** Makes a run and returns its directory. */
  public final Path run(String name, String... options) throws IOException {
    StageRun.train(stage(), config(name, options));
    return folder.resolve(name);
  }

  /** Makes a run that is asked to stop as it begins with a step. */
  public final Path runUntil(int step, String name, String... options) {
    StoppedInAStep.run(stage(), config(name, options), step);
    return folder.resolve(name);
  }
}
