package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.settings.UserException;

/**
 * The ids of a tokenizer's special tokens, from whichever file of its folder names them: by text in
 * {@code tokenizer_config.json} or {@code special_tokens_map.json}, else by id in {@code
 * config.json}. What ends sampling is the end of a sequence and, as in transformers, the ids of
 * {@code generation_config.json}, or of {@code config.json} where that file names none.
 *
 * @param eos ends a sequence
 * @param bos begins a sequence
 * @param pad fills up a batch, elsewhere
 * @param stops end sampling; ascending, {@code eos} among them
 */
record SpecialTokens(int eos, OptionalInt bos, OptionalInt pad, int[] stops) {

  static final String GENERATION_CONFIG = "generation_config.json";
  static final String MODEL_CONFIG = "config.json";
  static final String EOS_ID = "eos_token_id";

  /** The files that name special tokens by their text, the first of them counts. */
  static final List<String> NAMING = List.of("tokenizer_config.json", "special_tokens_map.json");

  /**
   * Reads the ids of a folder whose {@code tokenizer.json} is given.
   *
   * @param files those of the tokenizer
   * @param model those of the model that it is used with
   */
  static SpecialTokens read(ModelTexts files, ModelTexts model, JsonNode tokenizer) {
    List<Integer> listed = listedStops(files, model);
    OptionalInt eos = find("eos", files, model, tokenizer);
    if (eos.isEmpty() && listed.isEmpty()) {
      throw new UserException(
          files.place()
              + ": tokenizer.json has no known end-of-sequence token; name an eos_token in"
              + " tokenizer_config.json");
    }
    int end = eos.orElseGet(() -> listed.get(0));
    TreeSet<Integer> stops = new TreeSet<>(listed);
    stops.add(end);
    return new SpecialTokens(
        end,
        find("bos", files, model, tokenizer),
        find("pad", files, model, tokenizer),
        stops.stream().mapToInt(Integer::intValue).toArray());
  }

  private static List<Integer> listedStops(ModelTexts files, ModelTexts model) {
    List<Integer> listed = ids(json(GENERATION_CONFIG, files, model).path(EOS_ID));
    return listed.isEmpty() ? ids(json(MODEL_CONFIG, files, model).path(EOS_ID)) : listed;
  }

  /** A file that stands beside the tokenizer, else beside the model. */
  static JsonNode json(String name, ModelTexts files, ModelTexts model) {
    JsonNode own = files.json(name);
    return own.isMissingNode() ? model.json(name) : own;
  }

  private static OptionalInt find(
      String name, ModelTexts files, ModelTexts model, JsonNode tokenizer) {
    for (String file : NAMING) {
      JsonNode named = files.json(file).path(name + "_token");
      JsonNode content = named.isObject() ? named.path("content") : named;
      if (content.isTextual()) {
        return id(content.textValue(), tokenizer);
      }
    }
    return first(ids(json(MODEL_CONFIG, files, model).path(name + "_token_id")));
  }

  /** The id of a token, by its text; nothing where {@code tokenizer.json} hasn't it. */
  static OptionalInt id(String token, JsonNode tokenizer) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (token.equals(added.path("content").textValue())) {
        return first(ids(added.path("id")));
      }
    }
    return first(ids(tokenizer.path("model").path("vocab").path(token)));
  }

  /** The ids of a key that may hold one, a list, or null. */
  static List<Integer> ids(JsonNode given) {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : given.isArray() ? given : List.of(given)) {
      if (id.isInt()) {
        ids.add(id.intValue());
      }
    }
    return ids;
  }

  private static OptionalInt first(List<Integer> ids) {
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
  }
}
