package org.rlhf4j.rollout.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.Sample;

/**
 * Rollouts as JSON lines, one completion a line: {@code step}, {@code sampled_step} (where an
 * earlier step sampled it), {@code group}, {@code prompt_ids}, {@code completion_ids}, {@code
 * score} and, when known, {@code rewards} (the score's parts), {@code token_rewards} (what of it is
 * paid at single tokens), {@code behaviour_logprobs}, {@code logprobs}, {@code ref_logprobs},
 * {@code values}, {@code advantages}, {@code prompt}, {@code completion}. Advantages are for
 * reading: on replay they are worked out anew.
 */
public final class RolloutFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKENIZER = "tokenizer_hash";

  private RolloutFile() {}

  /**
   * A step's completions as lines.
   *
   * @param step from 1
   * @param rollout the batch
   * @return one object per completion, in flat order
   */
  public static List<ObjectNode> lines(int step, Rollout rollout) {
    return lines(step, rollout, new float[rollout.size()][]);
  }

  /**
   * A step's completions as lines, with what was learnt from them.
   *
   * @param step from 1
   * @param rollout the batch
   * @param advantages for each completion, in flat order, one per token; null where there are none
   * @return one object per completion, in flat order
   */
  public static List<ObjectNode> lines(int step, Rollout rollout, float[][] advantages) {
    List<ObjectNode> lines = new ArrayList<>();
    for (RolloutGroup group : rollout.groups()) {
      for (Completion completion : group.completions()) {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", step);
        if (group.isReplayed()) {
          line.put(RolloutLine.SAMPLED_STEP, group.sampledAt());
        }
        line.put("group", group.group());
        ints(line.putArray("prompt_ids"), group.promptIds());
        ints(line.putArray("completion_ids"), completion.ids());
        line.put("score", completion.score());
        if (!completion.rewards().isEmpty()) {
          line.set("rewards", Sample.rewards(completion.rewards()));
        }
        rewards(line, completion.tokenRewards());
        floats(line, "behaviour_logprobs", completion.behaviourLogprobs());
        floats(line, "logprobs", completion.logprobs());
        floats(line, "ref_logprobs", completion.refLogprobs());
        floats(line, "values", completion.values());
        floats(line, "advantages", advantages[lines.size()]);
        if (group.prompt() != null) {
          line.put("prompt", group.prompt());
        }
        line.put("completion", completion.text());
        lines.add(line);
      }
    }
    return lines;
  }

  /**
   * Reads rollouts to train on.
   *
   * @param file JSON lines
   * @param tokenizer that of the policy
   * @param model the policy's sizes
   * @return the rollouts by their step, in ascending order; groups in the order of the file
   * @throws UserException where a line is malformed, an id is outside the vocabulary, a completion
   *     is longer than the model's positions, or the file names another tokenizer
   */
  public static SortedMap<Integer, Rollout> read(Path file, Tokenizer tokenizer, Dimensions model) {
    checkManifest(file, tokenizer);
    SortedMap<Integer, Map<Long, RolloutGroup>> steps = new TreeMap<>();
    int number = 0;
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        RolloutLine read = new RolloutLine(file, number, line, model);
        read.checkTokenizer(TOKENIZER, tokenizer);
        steps
            .computeIfAbsent(read.step(), step -> new LinkedHashMap<>())
            .merge(read.group(), read.asGroup(tokenizer), read::joined);
      }
    } catch (IOException e) {
      throw new UserException(file + ": can't be read: " + e.getMessage(), e);
    }
    if (steps.isEmpty()) {
      throw new UserException(file + ": holds no rollouts");
    }
    SortedMap<Integer, Rollout> rollouts = new TreeMap<>();
    steps.forEach((step, groups) -> rollouts.put(step, rollout(file, step, groups)));
    return rollouts;
  }

  private static Rollout rollout(Path file, int step, Map<Long, RolloutGroup> groups) {
    if (groups.values().stream().allMatch(RolloutGroup::isReplayed)) {
      throw new UserException(
          file + ": all lines of step " + step + " are of earlier steps (sampled_step)");
    }
    return new Rollout(List.copyOf(groups.values()));
  }

  /** Refuses rollouts whose rlhf.json names another tokenizer. */
  private static void checkManifest(Path file, Tokenizer tokenizer) {
    if (!Files.isRegularFile(file)) {
      throw new UserException(file + ": no such file; --replay takes a rollouts.jsonl");
    }
    Path manifest = file.resolveSibling("rlhf.json");
    if (Files.isRegularFile(manifest)) {
      try {
        JsonNode hash = JSON.readTree(manifest.toFile()).path(TOKENIZER);
        if (hash.isTextual() && !hash.textValue().equals(tokenizer.hash())) {
          throw new UserException(
              manifest + ": the rollouts are of another tokenizer than the model's");
        }
      } catch (IOException e) {
        throw new UserException(manifest + ": can't be read: " + e.getMessage(), e);
      }
    }
  }

  private static void ints(ArrayNode array, int[] values) {
    for (int value : values) {
      array.add(value);
    }
  }

  private static void rewards(ObjectNode line, double[] tokenRewards) {
    if (tokenRewards == null) {
      return;
    }
    ArrayNode array = line.putArray("token_rewards");
    for (double reward : tokenRewards) {
      if (Double.isNaN(reward)) {
        array.addNull();
      } else {
        array.add(reward);
      }
    }
  }

  private static void floats(ObjectNode line, String name, float[] values) {
    if (values != null) {
      ArrayNode array = line.putArray(name);
      for (float value : values) {
        array.add(value);
      }
    }
  }
}
