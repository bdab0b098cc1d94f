package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.settings.UserException;

/**
 * The ids of a tokenizer's special tokens, from whichever file of its folder names them: by text in
 * {@code tokenizer_config.json} or {@code special_tokens_map.json}, else by id in {@code
 * config.json}, and the end of a sequence also in {@code generation_config.json}.
 *
 * @param eos ends a sequence
 * @param bos begins a sequence
 * @param pad fills up a batch, elsewhere
 * @param stops end sampling; ascending, {@code eos} among them
 */
record SpecialTokens(int eos, OptionalInt bos, OptionalInt pad, int[] stops) {

  static final String GENERATION_CONFIG = "generation_config.json";

  /** Reads the ids of a folder whose {@code tokenizer.json} is given. */
  static SpecialTokens read(ModelTexts files, JsonNode tokenizer) {
    JsonNode stops = files.json(GENERATION_CONFIG).path("eos_token_id");
    OptionalInt eos = find("eos", files, tokenizer);
    int end =
        (eos.isPresent() ? eos : first(stops))
            .orElseThrow(
                () ->
                    new UserException(
                        files.place()
                            + ": tokenizer.json has no known end-of-sequence token; name an"
                            + " eos_token in tokenizer_config.json"));
    return new SpecialTokens(
        end, find("bos", files, tokenizer), find("pad", files, tokenizer), stops(end, stops));
  }

  private static int[] stops(int eos, JsonNode listed) {
    TreeSet<Integer> stops = new TreeSet<>(List.of(eos));
    if (listed.isInt()) {
      stops.add(listed.intValue());
    }
    for (JsonNode id : listed) {
      stops.add(id.intValue());
    }
    return stops.stream().mapToInt(Integer::intValue).toArray();
  }

  private static OptionalInt find(String name, ModelTexts files, JsonNode tokenizer) {
    for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      JsonNode named = files.json(file).path(name + "_token");
      JsonNode content = named.isObject() ? named.path("content") : named;
      if (content.isTextual()) {
        return id(content.textValue(), tokenizer);
      }
    }
    return first(files.json("config.json").path(name + "_token_id"));
  }

  private static OptionalInt id(String token, JsonNode tokenizer) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (token.equals(added.path("content").textValue())) {
        return first(added.path("id"));
      }
    }
    return first(tokenizer.path("model").path("vocab").path(token));
  }

  private static OptionalInt first(JsonNode ids) {
    JsonNode id = ids.isArray() ? ids.path(0) : ids;
    return id.isInt() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
  }
}
