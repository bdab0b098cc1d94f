package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.settings.UserException;

/**
 * A GGUF file's keys for a {@code tokenizer.json}: a byte-level BPE that splits text in one of the
 * ways that llama.cpp has, or a BPE of a SentencePiece vocabulary.
 */
final class TokenizerKeys {
  private final Path model;
  private final JsonNode json;
  private final JsonNode bpe;
  private final List<String> notes;
  private final String[] tokens;
  private final TokenKind[] kinds;
  private final Map<String, Object> keys = new LinkedHashMap<>();

  /**
   * Keys of a tokenizer.
   *
   * @param model for messages
   * @param json its tokenizer.json
   * @param rows the embedding's rows, each of which gets a token
   * @param notes takes what the file can't say
   */
  TokenizerKeys(Path model, JsonNode json, int rows, List<String> notes) {
    this.model = model;
    this.json = json;
    this.bpe = json.path("model");
    this.notes = notes;
    this.tokens = new String[rows];
    this.kinds = new TokenKind[rows];
  }

  Map<String, Object> keys() {
    String type = bpe.path("type").asText("BPE");
    if (!type.equals("BPE") || !bpe.has("merges")) {
      throw new UserException(
          model + ": its tokenizer is of the kind " + type + "; BPE tokenizers are exported");
    }
    vocabulary();
    if (bpe.path("byte_fallback").asBoolean(false)) {
      sentencePiece();
    } else {
      byteLevel();
    }
    beginnings();
    return keys;
  }

  private void vocabulary() {
    for (Map.Entry<String, JsonNode> token : bpe.path("vocab").properties()) {
      set(token.getValue().intValue(), token.getKey(), TokenKind.NORMAL);
    }
    for (JsonNode added : json.path("added_tokens")) {
      boolean special = added.path("special").asBoolean();
      set(
          added.path("id").intValue(),
          added.path("content").textValue(),
          special ? TokenKind.CONTROL : TokenKind.USER_DEFINED);
    }
    int unused = 0;
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id] == null) {
        set(id, "[PAD" + id + "]", TokenKind.UNUSED);
        unused++;
      }
    }
    if (unused > 0) {
      notes.add(
          unused + " rows of the embedding have no token; they are called [PAD…] in the file");
    }
  }

  private void set(int id, String token, TokenKind kind) {
    if (id >= tokens.length) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: its tokenizer has the id %d, but vocab_size is %d",
              model,
              id,
              tokens.length));
    }
    tokens[id] = token;
    kinds[id] = kind;
  }

  private void byteLevel() {
    JsonNode normalizer = json.path("normalizer");
    if (normalizer.path("type").asText().equals("NFC")) {
      notes.add("llama.cpp doesn't bring text to the Unicode form NFC as this tokenizer does");
    } else if (normalizer.isObject()) {
      throw unknown("normalizer", normalizer);
    }
    PreTokenizer way =
        PreTokenizer.ofJson(json.path("pre_tokenizer"), bpe.path("ignore_merges").asBoolean(false))
            .orElseThrow(() -> unknown("pre_tokenizer", json.path("pre_tokenizer")));
    keys.put(TokenizerJson.MODEL, "gpt2");
    keys.put(TokenizerJson.PRE, way.written());
    put();
    List<String> merges = new ArrayList<>();
    bpe.path("merges").forEach(merge -> merges.add(text(merge)));
    if (!merges.isEmpty()) {
      keys.put(TokenizerJson.MERGES, merges);
    }
  }

  private void put() {
    keys.put(ConfigJson.TOKENS, List.of(tokens));
    keys.put("tokenizer.ggml.token_type", Arrays.stream(kinds).map(TokenKind::number).toList());
  }

  private static String text(JsonNode merge) {
    return merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText();
  }

  private UserException unknown(String step, JsonNode given) {
    return new UserException(
        "%s: llama.cpp has no %s like its tokenizer's %s; nothing is written"
            .formatted(model, step, given));
  }

  private void sentencePiece() {
    keys.put(TokenizerJson.MODEL, "llama");
    keys.put(TokenizerJson.PRE, "default");
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id].matches("<0x[0-9A-F]{2}>") && kinds[id] == TokenKind.NORMAL) {
        kinds[id] = TokenKind.BYTE;
      } else if (tokens[id].equals(bpe.path("unk_token").asText())) {
        kinds[id] = TokenKind.UNKNOWN;
      }
    }
    put();
    keys.put(TokenizerJson.SCORES, scores());
    keys.put(TokenizerJson.ADD_SPACE, beginsWithSpace());
  }

  /** The earlier a piece is joined the higher; those that no merge makes come last. */
  private List<Float> scores() {
    Map<String, Integer> ranks = new HashMap<>();
    for (JsonNode merge : bpe.path("merges")) {
      ranks.putIfAbsent(text(merge).replaceFirst(" ", ""), ranks.size());
    }
    List<Float> scores = new ArrayList<>(Collections.nCopies(tokens.length, 0f));
    for (int id = 0; id < tokens.length; id++) {
      if (kinds[id] == TokenKind.NORMAL || kinds[id] == TokenKind.USER_DEFINED) {
        scores.set(id, (float) -ranks.getOrDefault(tokens[id], ranks.size() + id));
      }
    }
    return scores;
  }

  /** Whether a text's first word gets the mark of a word's beginning. */
  private boolean beginsWithSpace() {
    JsonNode step = json.path("pre_tokenizer");
    if (step.path("type").asText().equals("Metaspace")) {
      boolean split = step.path("split").asBoolean(true);
      if (split || json.path("normalizer").isObject()) {
        throw unknown("pre_tokenizer", step);
      }
      return !step.path("prepend_scheme").asText("always").equals("never");
    }
    List<String> steps = new ArrayList<>();
    JsonNode normalizer = json.path("normalizer");
    if (normalizer.has("normalizers")) {
      normalizer.path("normalizers").forEach(each -> steps.add(each.path("type").asText()));
    } else {
      steps.add(normalizer.path("type").asText());
    }
    if (steps.equals(List.of("Prepend", "Replace"))) {
      return true;
    }
    if (!steps.equals(List.of("Replace"))) {
      throw unknown("normalizer", normalizer);
    }
    return false;
  }

  /** What the post-processor puts around a text: BOS and EOS alone can be said. */
  private void beginnings() {
    JsonNode single = template(json.path("post_processor"));
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    boolean text = false;
    for (JsonNode part : single) {
      text |= part.has("Sequence");
      if (part.has("SpecialToken")) {
        (text ? after : before).add(part.path("SpecialToken").path("id").asText());
      }
    }
    if (before.size() > 1 || after.size() > 1) {
      throw unknown("post_processor", json.path("post_processor"));
    }
    keys.put(TokenizerJson.ADD_BOS, !before.isEmpty());
    keys.put(TokenizerJson.ADD_EOS, !after.isEmpty());
  }

  private static JsonNode template(JsonNode processor) {
    for (JsonNode step : processor.path("processors")) {
      if (step.path("type").asText().equals("TemplateProcessing")) {
        return step.path("single");
      }
    }
    return processor.path("single");
  }
}
