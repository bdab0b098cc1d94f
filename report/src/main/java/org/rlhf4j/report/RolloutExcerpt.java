package org.rlhf4j.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a report takes from {@code rollouts.jsonl}, which can be larger than memory: some
 * completions to look into, and how the reward changed. The file is read twice; only the lines of
 * steps that matter are parsed, and of most of those only the score is kept.
 *
 * @param completions how many there are in all
 * @param chosen those to look into, by step, then from the best score to the worst
 * @param change the reward of the last tenth of the steps, at most ten, against the first; empty
 *     where there are fewer than two steps
 */
record RolloutExcerpt(int completions, List<JsonNode> chosen, Optional<RewardChange> change) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of a completion that its own step sampled. */
  private static final Pattern BEGINNING =
      Pattern.compile("^\\{\"step\":(\\d{1,9}),(?!\"sampled_step\")");

  /** Completions to look into of a step. */
  private static final int PER_STEP = 4;

  /**
   * Reads an excerpt.
   *
   * @param file {@code rollouts.jsonl}, which may be absent
   * @throws IOException when it can't be read
   */
  static RolloutExcerpt read(Path file) throws IOException {
    TreeMap<Integer, Integer> sizes = new TreeMap<>();
    if (Files.exists(file)) {
      forEachLine(file, line -> step(line).ifPresent(step -> sizes.merge(step, 1, Integer::sum)));
    }
    return sizes.isEmpty()
        ? new RolloutExcerpt(0, List.of(), Optional.empty())
        : read(file, sizes.values().stream().mapToInt(size -> size).sum(), sizes.navigableKeySet());
  }

  private static RolloutExcerpt read(Path file, int completions, Set<Integer> all)
      throws IOException {
    List<Integer> steps = List.copyOf(all);
    int count = steps.size();
    int window = Math.max(1, Math.min(10, count / 10));
    Set<Integer> first = Set.copyOf(steps.subList(0, window));
    Set<Integer> last = Set.copyOf(steps.subList(count - window, count));
    Set<Integer> shown =
        new TreeSet<>(List.of(steps.get(0), steps.get(count / 2), steps.get(count - 1)));
    Map<String, List<Double>> before = new LinkedHashMap<>();
    Map<String, List<Double>> after = new LinkedHashMap<>();
    Map<Integer, List<JsonNode>> lines = new TreeMap<>();
    forEachLine(
        file,
        text -> {
          int step = step(text).orElse(-1);
          if (!first.contains(step) && !last.contains(step) && !shown.contains(step)) {
            return;
          }
          JsonNode line = parsed(text);
          if (line.path("score").isNumber()) {
            Map<String, List<Double>> end = last.contains(step) ? after : before;
            if (first.contains(step) || last.contains(step)) {
              String group = step + "/" + line.path("group").asText();
              end.computeIfAbsent(group, key -> new ArrayList<>()).add(score(line));
            }
            if (shown.contains(step)) {
              lines.computeIfAbsent(step, key -> new ArrayList<>()).add(line);
            }
          }
        });
    List<JsonNode> chosen = new ArrayList<>();
    lines.values().forEach(ofStep -> chosen.addAll(spread(ofStep)));
    return new RolloutExcerpt(
        completions,
        chosen,
        before.isEmpty() || after.isEmpty()
            ? Optional.empty()
            : Optional.of(RewardChange.of(before.values(), after.values())));
  }

  /** The best, the worst and some between, evenly by rank. */
  private static List<JsonNode> spread(List<JsonNode> ofStep) {
    List<JsonNode> ranked = new ArrayList<>(ofStep);
    ranked.sort(Comparator.comparingDouble(RolloutExcerpt::score).reversed());
    int shown = Math.min(PER_STEP, ranked.size());
    List<JsonNode> chosen = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      chosen.add(ranked.get(shown == 1 ? 0 : i * (ranked.size() - 1) / (shown - 1)));
    }
    return chosen;
  }

  private static double score(JsonNode line) {
    return line.path("score").doubleValue();
  }

  private static Optional<Integer> step(String line) {
    Matcher beginning = BEGINNING.matcher(line);
    return beginning.find() ? Optional.of(Integer.valueOf(beginning.group(1))) : Optional.empty();
  }

  /** The line as an object; a torn one as nothing. */
  private static JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }

  /** A torn last line may end within a character, which a strict reader would refuse. */
  private static void forEachLine(Path file, Consumer<String> each) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        each.accept(line);
      }
    }
  }
}
