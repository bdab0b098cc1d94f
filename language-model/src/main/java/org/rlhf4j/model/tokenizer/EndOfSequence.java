package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rlhf4j.model.files.ModelTexts;

/**
 * Writes what was trained as the end of a sequence into the files that other programs stop by, as
 * transformers' Trainer does before it saves: a file that names this end already stays as it is,
 * and no id that ended sampling is lost.
 */
public final class EndOfSequence {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ModelTexts files;
  private final ModelTexts model;
  private final SpecialTokens specials;
  private final String text;

  /**
   * Creates the end of a tokenizer's sequences.
   *
   * @param files those of the tokenizer
   * @param model those of the model that it is used with
   * @param specials its special tokens
   * @param text the end as a text
   */
  EndOfSequence(ModelTexts files, ModelTexts model, SpecialTokens specials, String text) {
    this.files = files;
    this.model = model;
    this.specials = specials;
    this.text = text;
  }

  /**
   * Names an end in a model's configuration: before others where it has a list.
   *
   * @param config a {@code config.json}, which is changed
   * @param eos the end's id
   * @return whether it named another end, or none
   */
  public static boolean writeTo(ObjectNode config, int eos) {
    JsonNode named = config.path(SpecialTokens.EOS_ID);
    List<Integer> ids = SpecialTokens.ids(named);
    if (ids.contains(eos)) {
      return false;
    }
    if (named.isArray()) {
      ArrayNode list = config.putArray(SpecialTokens.EOS_ID).add(eos);
      ids.forEach(list::add);
    } else {
      config.put(SpecialTokens.EOS_ID, eos);
    }
    return true;
  }

  /** A file's content as it is to be written, or nothing where there is to be none. */
  Optional<byte[]> content(String name) {
    if (name.equals(SpecialTokens.GENERATION_CONFIG)) {
      return generationConfig();
    }
    Optional<byte[]> content = files.bytes(name);
    return name.equals(SpecialTokens.NAMING.get(0)) && isUnnamed()
        ? Optional.of(bytes(object(files.json(name)).put("eos_token", text)))
        : content;
  }

  private boolean isUnnamed() {
    return SpecialTokens.NAMING.stream()
        .noneMatch(file -> files.json(file).hasNonNull("eos_token"));
  }

  private Optional<byte[]> generationConfig() {
    Optional<byte[]> own = files.bytes(SpecialTokens.GENERATION_CONFIG);
    Optional<byte[]> content = own.isPresent() ? own : model.bytes(SpecialTokens.GENERATION_CONFIG);
    JsonNode json = SpecialTokens.json(SpecialTokens.GENERATION_CONFIG, files, model);
    JsonNode config = SpecialTokens.json(SpecialTokens.MODEL_CONFIG, files, model);
    // Without this file transformers stops by config.json.
    JsonNode deciding = content.isPresent() ? json : config;
    List<Integer> ids = SpecialTokens.ids(deciding.path(SpecialTokens.EOS_ID));
    if (ids.contains(specials.eos()) || (content.isEmpty() && ids.isEmpty())) {
      return content;
    }
    ObjectNode written = object(json);
    if (content.isEmpty()) {
      for (String key : List.of("bos_token_id", "pad_token_id")) {
        if (config.path(key).isInt()) {
          written.set(key, config.path(key));
        }
      }
    }
    ArrayNode stops = written.putArray(SpecialTokens.EOS_ID).add(specials.eos());
    IntStream.of(specials.stops()).filter(id -> id != specials.eos()).forEach(stops::add);
    return Optional.of(bytes(written));
  }

  private static ObjectNode object(JsonNode json) {
    return json.isObject() ? json.deepCopy() : JSON.createObjectNode();
  }

  private static byte[] bytes(ObjectNode json) {
    return (json.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
