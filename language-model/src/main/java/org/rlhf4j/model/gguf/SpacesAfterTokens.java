package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether an added token takes the spaces after it away. A GGUF file has no key for it: llama.cpp
 * does it in models whose name has "phi-3" or "phi3" in it, after all special tokens but three, and
 * can't read such a model whose vocabulary hasn't these and {@code </s>}.
 */
final class SpacesAfterTokens {
  static final String NAME = "general.name";
  private static final Pattern PHI_3 = Pattern.compile("phi-?3", Pattern.CASE_INSENSITIVE);
  private static final Set<String> KEPT = Set.of("<unk>", "<s>", "<|endoftext|>");
  private static final String END = "</s>";

  private SpacesAfterTokens() {}

  /** Whether those after a special token are dropped in a file. */
  static boolean areDropped(GgufMetadata metadata, String token) {
    return PHI_3.matcher(metadata.text(NAME, "")).find() && !KEPT.contains(token);
  }

  /**
   * The name under which llama.cpp does what a tokenizer does.
   *
   * @param name the model's own
   * @param tokenizer tokenizer.json
   * @param notes takes what no name can say
   */
  static String nameFor(String name, JsonNode tokenizer, List<String> notes) {
    List<String> dropping = new ArrayList<>();
    List<String> others = new ArrayList<>();
    boolean asPhi3 = hasAll(tokenizer);
    for (JsonNode token : tokenizer.path("added_tokens")) {
      String text = token.path("content").asText();
      if (token.path("rstrip").asBoolean()) {
        dropping.add(text);
      }
      if (token.path("lstrip").asBoolean() || token.path("single_word").asBoolean()) {
        others.add(text);
      }
      asPhi3 &= token.path("rstrip").asBoolean() != KEPT.contains(text);
    }
    if (!asPhi3) {
      others.addAll(dropping);
    }
    if (!others.isEmpty()) {
      notes.add(
          String.format(
              Locale.ROOT,
              "llama.cpp leaves the spaces beside %d added tokens, which this tokenizer drops"
                  + " (lstrip, rstrip, single_word): %s",
              others.size(),
              String.join(" ", others.subList(0, Math.min(8, others.size())))));
    }
    boolean named = PHI_3.matcher(name).find();
    if (asPhi3) {
      return named ? name : "Phi-3 " + name;
    }
    return named ? PHI_3.matcher(name).replaceAll("phi 3") : name;
  }

  private static boolean hasAll(JsonNode tokenizer) {
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    List<String> added = tokenizer.path("added_tokens").findValuesAsText("content");
    return KEPT.stream().allMatch(token -> vocabulary.has(token) || added.contains(token))
        && (vocabulary.has(END) || added.contains(END));
  }
}
