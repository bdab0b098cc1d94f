package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.settings.UserException;

/**
 * Tokens that only other files than {@code tokenizer.json} name: {@code added_tokens_decoder} and
 * the lists of special tokens in {@code tokenizer_config.json}, or {@code added_tokens.json} of
 * older folders. As in transformers, each takes the next free id, in the order of these lists.
 */
final class AddedTokens {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String DECODER = "added_tokens_decoder";
  private static final String OLDER = "added_tokens.json";
  private static final List<String> LISTS =
      List.of("additional_special_tokens", "extra_special_tokens");
  private static final int UNSAID = -1;

  /**
   * A token that a file names.
   *
   * @param file the file
   * @param id the id that it gives, or {@link #UNSAID}
   * @param token its content and flags, as {@code tokenizer.json} has them
   */
  private record Named(String file, int id, ObjectNode token) {
    String content() {
      return token.path("content").asText();
    }
  }

  private final ModelTexts files;
  private final ObjectNode tokenizer;

  private AddedTokens(ModelTexts files, ObjectNode tokenizer) {
    this.files = files;
    this.tokenizer = tokenizer;
  }

  /**
   * Completes a tokenizer by the tokens that only other files of its folder name.
   *
   * @param json {@code tokenizer.json}
   * @return the same object where there are none
   * @throws UserException where a file gives a token another id than the next free one
   */
  static JsonNode complete(ModelTexts files, JsonNode json) {
    if (!json.isObject()) {
      return json;
    }
    List<Named> missing = new AddedTokens(files, (ObjectNode) json).missing();
    if (missing.isEmpty()) {
      return json;
    }
    ObjectNode completed = json.deepCopy();
    ArrayNode added = completed.withArray("added_tokens");
    int next = Tokenizer.vocabularySize(json);
    for (Named named : missing) {
      if (named.id() != UNSAID && named.id() != next) {
        throw new UserException(
            ("%s: gives %s the id %s, but tokenizer.json doesn't have it, and the next id there is"
                    + " %s; save the tokenizer again with the model that it belongs to")
                .formatted(
                    files.path(named.file()), named.token().get("content"), named.id(), next));
      }
      added.add(named.token().put("id", next));
      next++;
    }
    return completed;
  }

  /** What isn't in {@code tokenizer.json}, each once. */
  private List<Named> missing() {
    List<Named> missing = new ArrayList<>();
    for (Named named : named()) {
      boolean twice = missing.stream().anyMatch(other -> other.content().equals(named.content()));
      if (!named.content().isEmpty() && !twice && !isKnown(named.content())) {
        missing.add(named);
      }
    }
    return missing;
  }

  private boolean isKnown(String content) {
    return SpecialTokens.id(content, tokenizer).isPresent();
  }

  private List<Named> named() {
    JsonNode config = files.json(CONFIG);
    List<Named> named = new ArrayList<>();
    if (config.has(DECODER)) {
      for (Map.Entry<String, JsonNode> entry : config.path(DECODER).properties()) {
        named.add(new Named(CONFIG, id(entry.getKey()), token(entry.getValue(), false)));
      }
    } else {
      for (Map.Entry<String, JsonNode> entry : files.json(OLDER).properties()) {
        ObjectNode token = token(tokenizer.textNode(entry.getKey()), false);
        named.add(new Named(OLDER, entry.getValue().asInt(UNSAID), token));
      }
    }
    named.sort(Comparator.comparingInt(Named::id));
    for (String list : LISTS) {
      if (config.path(list).isArray()) {
        config.path(list).forEach(t -> named.add(new Named(CONFIG, UNSAID, token(t, true))));
      }
    }
    return named;
  }

  private static int id(String key) {
    return key.matches("\\d{1,9}") ? Integer.parseInt(key) : UNSAID;
  }

  /** A token as {@code tokenizer.json} has it, of one that is named by its text or as an object. */
  private ObjectNode token(JsonNode given, boolean special) {
    String content = given.isTextual() ? given.textValue() : given.path("content").asText();
    ObjectNode token = tokenizer.objectNode();
    token.put("id", UNSAID).put("content", content);
    for (String flag : List.of("single_word", "lstrip", "rstrip")) {
      token.put(flag, given.path(flag).asBoolean());
    }
    boolean isSpecial = special || given.path("special").asBoolean();
    token.put("normalized", given.path("normalized").asBoolean(!isSpecial));
    return token.put("special", isSpecial);
  }
}
