package org.rlhf4j.rollout.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.JsonFiles;
import org.rlhf4j.settings.UserException;

/** One line of a rollout file, read strictly: what is unfit is an error with its place. */
final class RolloutLine {
  /** The step that sampled a completion where that isn't its own. */
  static final String SAMPLED_STEP = "sampled_step";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** How far rounding may take the logarithm of a probability of 1 above 0. */
  private static final float ROUNDING = 1e-5f;

  private final String place;
  private final JsonNode json;
  private final Dimensions model;

  RolloutLine(Path file, int number, String line, Dimensions model) {
    this.model = model;
    try {
      this.json = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
      throw new UserException(file + ":" + number + ":" + column + ": " + JsonFiles.fault(e), e);
    }
    this.place = file + ":" + number + ":1";
    if (!json.isObject()) {
      throw bad("not a JSON object");
    }
  }

  private UserException bad(String what) {
    return new UserException(place + ": " + what);
  }

  int step() {
    return whole("step");
  }

  long group() {
    return whole("group");
  }

  /** 0 where it is the line's own step. */
  private int sampledStep() {
    if (json.path(SAMPLED_STEP).isMissingNode()) {
      return 0;
    }
    int sampled = whole(SAMPLED_STEP);
    if (sampled < 1 || sampled >= step()) {
      throw bad("\"sampled_step\" is " + sampled + "; it is a step before " + step());
    }
    return sampled;
  }

  private int whole(String field) {
    JsonNode value = json.path(field);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw bad("\"" + field + "\" must be a whole number, " + found(value));
    }
    return value.intValue();
  }

  private double score() {
    JsonNode value = json.path("score");
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw bad("\"score\" must be a number, " + found(value));
    }
    return value.doubleValue();
  }

  private Map<String, Double> rewards() {
    JsonNode parts = json.path("rewards");
    if (!parts.isMissingNode() && !parts.isObject()) {
      throw bad("\"rewards\" must be an object of the score's parts, not " + parts);
    }
    Map<String, Double> rewards = new LinkedHashMap<>();
    for (var part : parts.properties()) {
      JsonNode value = part.getValue();
      if (!value.isNull() && !(value.isNumber() && Double.isFinite(value.doubleValue()))) {
        throw bad(
            "\"rewards\".\"%s\" must be a number or null, not %s".formatted(part.getKey(), value));
      }
      rewards.put(part.getKey(), value.isNull() ? Double.NaN : value.doubleValue());
    }
    return rewards;
  }

  private static String found(JsonNode value) {
    return value.isMissingNode() ? "and there is none" : "not " + value;
  }

  void checkTokenizer(String field, Tokenizer tokenizer) {
    JsonNode hash = json.path(field);
    if (hash.isTextual() && !hash.textValue().equals(tokenizer.hash())) {
      throw bad("the rollout is of another tokenizer than the model's");
    }
  }

  RolloutGroup asGroup(Tokenizer tokenizer) {
    int[] prompt = ids("prompt_ids");
    int[] ids = ids("completion_ids");
    if (prompt.length + ids.length > model.positions()) {
      throw bad(
          String.format(
              Locale.ROOT,
              "prompt and completion have %d tokens, and the model %d positions",
              prompt.length + ids.length,
              model.positions()));
    }
    String text = json.path("completion").asText(null);
    Completion completion =
        new Completion(
            ids,
            tokenizer.isStop(ids[ids.length - 1]),
            text != null ? text : tokenizer.decodeContinuation(ids),
            score(),
            rewards(),
            tokenRewards(ids.length),
            logprobs("behaviour_logprobs", ids.length),
            logprobs("logprobs", ids.length),
            logprobs("ref_logprobs", ids.length),
            floats("values", ids.length));
    RolloutGroup group =
        new RolloutGroup(
            group(), json.path("prompt").asText(null), prompt, null, List.of(completion));
    return group.sampledAt(sampledStep());
  }

  /** A group with this line's completion added. */
  RolloutGroup joined(RolloutGroup group, RolloutGroup more) {
    if (!Arrays.equals(group.promptIds(), more.promptIds())) {
      throw bad("group " + group.group() + " has another prompt on an earlier line");
    }
    if (group.sampledAt() != more.sampledAt()) {
      throw bad("group " + group.group() + " has another \"sampled_step\" on an earlier line");
    }
    List<Completion> completions = new ArrayList<>(group.completions());
    completions.addAll(more.completions());
    return group.with(completions);
  }

  private int[] ids(String field) {
    JsonNode array = json.path(field);
    if (!array.isArray() || array.isEmpty()) {
      throw bad("\"" + field + "\" must be a list of at least one token id");
    }
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = array.get(i);
      if (!id.isIntegralNumber()
          || !id.canConvertToInt()
          || id.intValue() < 0
          || id.intValue() >= model.vocabulary()) {
        throw bad(
            String.format(
                Locale.ROOT,
                "\"%s\"[%d] is %s; the model's ids go from 0 to %d",
                field,
                i,
                id,
                model.vocabulary() - 1));
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  private float[] logprobs(String field, int length) {
    float[] logprobs = floats(field, length);
    for (int i = 0; logprobs != null && i < length; i++) {
      if (logprobs[i] > ROUNDING) {
        throw bad(
            String.format(
                Locale.ROOT,
                "\"%s\"[%d] is %s; the logarithm of a probability is at most 0",
                field,
                i,
                logprobs[i]));
      }
    }
    return logprobs;
  }

  /** Null for a token at which nothing is paid. */
  private double[] tokenRewards(int length) {
    JsonNode array = json.path("token_rewards");
    if (array.isMissingNode() || array.isNull()) {
      return null;
    }
    if (!array.isArray() || array.size() != length) {
      throw bad(
          "\"token_rewards\" must be a list of " + length + " numbers or nulls, one per token");
    }
    double[] rewards = new double[length];
    for (int i = 0; i < length; i++) {
      JsonNode reward = array.get(i);
      if (!reward.isNull() && !(reward.isNumber() && Double.isFinite(reward.doubleValue()))) {
        throw bad("\"token_rewards\"[" + i + "] is " + reward + ", not a number or null");
      }
      rewards[i] = reward.isNull() ? Double.NaN : reward.doubleValue();
    }
    return rewards;
  }

  private float[] floats(String field, int length) {
    JsonNode array = json.path(field);
    if (array.isMissingNode() || array.isNull()) {
      return null;
    }
    if (!array.isArray() || array.size() != length) {
      throw bad("\"" + field + "\" must be a list of " + length + " numbers, one per token");
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = array.get(i).floatValue();
      if (!array.get(i).isNumber() || !Float.isFinite(values[i])) {
        throw bad("\"" + field + "\"[" + i + "] is " + array.get(i) + ", not a number");
      }
    }
    return values;
  }
}
