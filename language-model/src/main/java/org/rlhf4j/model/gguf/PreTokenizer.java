package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a byte-level vocabulary's text is split before its merges apply, by the names that llama.cpp
 * gives the ways ({@code tokenizer.ggml.pre}). The first name of each is what is written.
 */
enum PreTokenizer {
  /** As GPT-2: words with the space before them, runs of digits, runs of other signs. */
  GPT2(null, false, "gpt-2", "mpt", "olmo", "jais", "phi-2"),
  /** Each digit on its own, then as GPT-2. */
  SMOLLM(null, false, "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"),
  /** As Llama 3: up to three digits. A word that is a token isn't merged. */
  LLAMA3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      true,
      "llama-bpe",
      "llama3",
      "llama-v3",
      "falcon3",
      "falcon-h1",
      "pixtral",
      "midm-2.0",
      "lfm2"),
  /** Likewise, every word by its merges. */
  CL100K(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      false,
      "dbrx",
      "smaug-bpe"),
  /** As Qwen2: single digits. */
  QWEN2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      false,
      "qwen2",
      "deepseek-r1-qwen",
      "kormo",
      "megrez",
      "f2llmv2"),
  /** As Mistral's Tekken: single digits, words split at capitals. */
  TEKKEN(
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
          + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      true,
      "tekken"),
  /** As GPT-4o. */
  O200K(
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      false,
      "gpt-4o",
      "llama4",
      "kanana2",
      "talkie");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String split; // null where GPT-2's own, which the byte-level step has
  private final boolean ignoresMerges;
  private final List<String> names;

  PreTokenizer(String split, boolean ignoresMerges, String... names) {
    this.split = split;
    this.ignoresMerges = ignoresMerges;
    this.names = List.of(names);
  }

  /** The way of a name. */
  static Optional<PreTokenizer> of(String name) {
    return Arrays.stream(values()).filter(way -> way.names.contains(name)).findFirst();
  }

  /** All names, for messages. */
  static String known() {
    return Arrays.stream(values())
        .flatMap(way -> way.names.stream())
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** Whether a word that is a token is taken as it is, whatever its merges make. */
  boolean ignoresMerges() {
    return ignoresMerges;
  }

  /** The name under which it is written. */
  String written() {
    return names.get(0);
  }

  /** The step of a {@code tokenizer.json}. */
  ObjectNode json() {
    if (this == GPT2) {
      return byteLevel(true);
    }
    ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
    ArrayNode steps = sequence.putArray("pretokenizers");
    if (this == SMOLLM) {
      steps.addObject().put("type", "Digits").put("individual_digits", true);
      steps.add(byteLevel(true));
      return sequence;
    }
    ObjectNode step = steps.addObject().put("type", "Split");
    step.putObject("pattern").put("Regex", split);
    step.put("behavior", "Isolated").put("invert", false);
    steps.add(byteLevel(false));
    return sequence;
  }

  /** The way that a {@code tokenizer.json} splits, if llama.cpp has it. */
  static Optional<PreTokenizer> ofJson(JsonNode preTokenizer, boolean ignoresMerges) {
    JsonNode given = normalized(preTokenizer);
    List<PreTokenizer> alike =
        Arrays.stream(values()).filter(way -> normalized(way.json()).equals(given)).toList();
    return alike.stream()
        .filter(way -> way.ignoresMerges == ignoresMerges)
        .findFirst()
        .or(() -> alike.stream().findFirst());
  }

  /** Without settings that change no token ids, and with those that are left to their default. */
  private static JsonNode normalized(JsonNode step) {
    if (!(step instanceof ObjectNode given)) {
      return step;
    }
    ObjectNode copy = given.deepCopy();
    copy.remove("trim_offsets");
    if (copy.path("type").asText().equals("ByteLevel") && !copy.has("use_regex")) {
      copy.put("use_regex", true);
    }
    JsonNode steps = copy.path("pretokenizers");
    if (steps.size() == 1) {
      return normalized(steps.path(0));
    }
    if (steps.isArray()) {
      ArrayNode inner = copy.putArray("pretokenizers");
      steps.forEach(each -> inner.add(normalized(each)));
    }
    return copy;
  }

  private static ObjectNode byteLevel(boolean split) {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", split);
  }
}
