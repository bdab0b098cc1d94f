package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.rlhf4j.settings.JsonFiles;
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
  static SpecialTokens read(Path folder, JsonNode tokenizer) {
    JsonNode stops = optional(folder.resolve(GENERATION_CONFIG)).path("eos_token_id");
    OptionalInt eos = find("eos", folder, tokenizer);
    int end =
        (eos.isPresent() ? eos : first(stops))
            .orElseThrow(
                () ->
                    new UserException(
                        folder
                            + ": tokenizer.json has no known end-of-sequence token; name an"
                            + " eos_token in tokenizer_config.json"));
    return new SpecialTokens(
        end, find("bos", folder, tokenizer), find("pad", folder, tokenizer), stops(end, stops));
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

  private static OptionalInt find(String name, Path folder, JsonNode tokenizer) {
    for (String file : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      JsonNode named = optional(folder.resolve(file)).path(name + "_token");
      JsonNode content = named.isObject() ? named.path("content") : named;
      if (content.isTextual()) {
        return id(content.textValue(), tokenizer);
      }
    }
    return first(optional(folder.resolve("config.json")).path(name + "_token_id"));
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

  private static JsonNode optional(Path file) {
    return Files.isRegularFile(file)
        ? JsonFiles.parse(file, JsonFiles.bytes(file))
        : MissingNode.getInstance();
  }
}
