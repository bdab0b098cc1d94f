package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;

/** The parts that a {@code tokenizer.json} is put together from. */
final class TokenizerParts {

  private static final Set<String> NORMALIZERS = Set.of("NFC", "NFD", "NFKC", "NFKD");
  private static final Set<String> SPLITS = Set.of("ByteLevel", "Digits");

  /** What the parts of a sequence are called in each place. */
  private static final List<String> SEQUENCES =
      List.of("normalizers", "pretokenizers", "processors");

  private TokenizerParts() {}

  /**
   * Tells whether a tokenizer has only the parts of the common byte-level ones (GPT-2, Llama 3,
   * Qwen, SmolLM2), on which the native tokenizer fails with an error at worst.
   *
   * @param json {@code tokenizer.json}
   * @return whether all of its parts are known
   */
  static boolean areCommon(JsonNode json) {
    return isBytePairs(json.path("model"))
        && isAbsent(json.path("truncation"))
        && isAbsent(json.path("padding"))
        && all(json.path("added_tokens"), token -> !token.path("content").asText().isEmpty())
        && isMadeOf(json.path("normalizer"), part -> NORMALIZERS.contains(type(part)))
        && isMadeOf(json.path("pre_tokenizer"), TokenizerParts::isSplit)
        && isMadeOf(json.path("post_processor"), TokenizerParts::isPostProcessor)
        && type(json.path("decoder")).equals("ByteLevel");
  }

  private static boolean isBytePairs(JsonNode model) {
    return type(model).equals("BPE")
        && isAbsent(model.path("dropout"))
        && isAbsent(model.path("unk_token"))
        && isAbsent(model.path("continuing_subword_prefix"))
        && isAbsent(model.path("end_of_word_suffix"))
        && !model.path("byte_fallback").asBoolean();
  }

  /** No part, one that holds, or a sequence of such. */
  private static boolean isMadeOf(JsonNode part, Predicate<JsonNode> holds) {
    if (type(part).equals("Sequence")) {
      return SEQUENCES.stream()
          .map(part::path)
          .filter(JsonNode::isArray)
          .anyMatch(parts -> all(parts, one -> isMadeOf(one, holds)));
    }
    return isAbsent(part) || holds.test(part);
  }

  private static boolean isSplit(JsonNode part) {
    return SPLITS.contains(type(part))
        || (type(part).equals("Split") && !part.path("pattern").path("Regex").asText().isEmpty());
  }

  private static boolean isPostProcessor(JsonNode part) {
    return type(part).equals("ByteLevel")
        || (type(part).equals("TemplateProcessing")
            && namesItsTokens(part.path("single"), part.path("special_tokens"))
            && namesItsTokens(part.path("pair"), part.path("special_tokens")));
  }

  /** Whether a template's special tokens are among those that it lists, each with an id. */
  private static boolean namesItsTokens(JsonNode template, JsonNode listed) {
    return template.isArray()
        && all(
            template,
            piece ->
                piece.has("Sequence")
                    || !listed
                        .path(piece.path("SpecialToken").path("id").asText())
                        .path("ids")
                        .isEmpty());
  }

  private static boolean all(JsonNode list, Predicate<JsonNode> holds) {
    return StreamSupport.stream(list.spliterator(), false).allMatch(holds);
  }

  private static boolean isAbsent(JsonNode part) {
    return part.isMissingNode() || part.isNull() || (part.isTextual() && part.asText().isEmpty());
  }

  private static String type(JsonNode part) {
    return part.path("type").asText();
  }
}
