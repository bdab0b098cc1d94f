package org.rlhf4j.grpo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;

/** Runs of the stage on the fixture's models, in a folder of a test. */
final class TinyRun {
  static final Path FIXTURE = Path.of("src/test/resources/fixtures/grpo");
  static final Path REFERENCE = FIXTURE.resolve("reference");

  /** Of 97 ids these end a completion, so that some do within a few tokens. */
  static final int LAST_STOP_ID = 25;

  static final Settings<GrpoConfig> SETTINGS = Settings.of(GrpoConfig.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final Path policy;
  private final Path rewardModel;
  private final Path prompts;

  TinyRun(Path folder) throws IOException {
    this.folder = folder;
    this.policy = Files.createDirectory(folder.resolve("policy"));
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(FIXTURE.resolve("policy").resolve(file), policy.resolve(file));
    }
    List<Integer> stops = IntStream.rangeClosed(3, LAST_STOP_ID).boxed().toList();
    Files.writeString(
        policy.resolve("generation_config.json"), "{\"eos_token_id\": " + stops + "}");
    this.rewardModel = Files.createDirectory(folder.resolve("reward"));
    try (LanguageModel base = LanguageModel.load(policy);
        ScalarModel model = ScalarModel.from(base, 3)) {
      model.save(rewardModel);
    }
    this.prompts = folder.resolve("prompts.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      lines.add("{\"prompt\": \"Human: what is %d?\"}".formatted(i * i));
    }
    Files.write(prompts, lines);
  }

  Path policy() {
    return policy;
  }

  /** Six rows, which a usual run trains on. */
  Path prompts() {
    return prompts;
  }

  /** Whether a line of a rollout file ends in EOS or another stop id. */
  static boolean ended(JsonNode line) {
    JsonNode ids = line.get("completion_ids");
    int last = ids.get(ids.size() - 1).intValue();
    return last == 0 || (last >= 3 && last <= LAST_STOP_ID);
  }

  /** Short steps: 2 prompts with 3 completions each, 6 tokens at most. */
  Map<String, List<String>> usual(String name) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(policy.toString()));
    given.put("reward-model", List.of(rewardModel.toString()));
    given.put("data", List.of(prompts.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("prompts-per-step", List.of("2"));
    given.put("group-size", List.of("3"));
    given.put("max-new-tokens", List.of("6"));
    given.put("steps", List.of("3"));
    given.put("learning-rate", List.of("1e-3"));
    given.put("checkpoint-every", List.of("1"));
    given.put("keep-checkpoints", List.of("9"));
    return given;
  }

  /** Settings with some changed; an empty text takes one out. */
  GrpoConfig config(String name, String... options) {
    Map<String, List<String>> given = usual(name);
    for (int i = 0; i < options.length; i += 2) {
      if (options[i + 1].isEmpty()) {
        given.remove(options[i]);
      } else {
        given.put(options[i], List.of(options[i + 1]));
      }
    }
    return SETTINGS.bind(Written.Mapping.EMPTY, given);
  }

  Path run(String name, String... options) throws IOException {
    StageRun.train(GrpoStage.TYPE, config(name, options));
    return folder.resolve(name);
  }

  static List<JsonNode> lines(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  static List<String> withoutClock(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"[a-z_]*_(seconds|per_second)\":[^,}]*", ""))
        .toList();
  }

  static void delete(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
