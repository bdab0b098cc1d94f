package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.rlhf4j.settings.UserException;

/**
 * The {@code tokenizer.json} that a GGUF file's keys stand for: a byte-level BPE, or a BPE of a
 * SentencePiece vocabulary. Tokens that the file marks as control or user-defined are added tokens.
 */
final class TokenizerJson {
  static final String MODEL = "tokenizer.ggml.model";
  static final String PRE = "tokenizer.ggml.pre";
  static final String MERGES = "tokenizer.ggml.merges";
  static final String SCORES = "tokenizer.ggml.scores";
  static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
  static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
  static final String ADD_SPACE = "tokenizer.ggml.add_space_prefix";
  static final String SPACE = "\u2581";

  private final GgufMetadata metadata;
  private final boolean gemma;
  private final List<String> tokens;
  private final List<TokenKind> kinds;
  private final ObjectNode json = new ObjectMapper().createObjectNode();

  private TokenizerJson(GgufMetadata metadata, Architecture architecture) {
    this.metadata = metadata;
    this.gemma = architecture == Architecture.GEMMA2 || architecture == Architecture.GEMMA3;
    this.tokens = metadata.texts(ConfigJson.TOKENS);
    this.kinds = TokenKind.of(metadata, tokens.size());
  }

  /** Rebuilds the file. */
  static ObjectNode of(GgufMetadata metadata, Architecture architecture) {
    return new TokenizerJson(metadata, architecture).read();
  }

  private ObjectNode read() {
    String model = metadata.text(MODEL);
    if (!model.equals("gpt2") && !model.equals("llama")) {
      throw new UserException(
          "%s: a tokenizer of the kind \"%s\" (%s) isn't read; read are gpt2 (byte-level BPE) and"
                  .formatted(metadata.file(), model, MODEL)
              + " llama (SentencePiece)");
    }
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    addedTokens();
    if (model.equals("gpt2")) {
      byteLevel();
    } else {
      sentencePiece();
    }
    return json;
  }

  private void addedTokens() {
    ArrayNode added = json.putArray("added_tokens");
    for (int id = 0; id < tokens.size(); id++) {
      boolean control = kinds.get(id) == TokenKind.CONTROL;
      boolean defined = kinds.get(id) == TokenKind.USER_DEFINED && !isSpaces(tokens.get(id));
      if (control || defined) {
        added
            .addObject()
            .put("id", id)
            .put("content", tokens.get(id))
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", SpacesAfterTokens.areDropped(metadata, tokens.get(id)))
            .put("normalized", false)
            .put("special", control);
      }
    }
  }

  /** Gemma's tokens of several spaces are pieces of text, though files mark them as added. */
  private boolean isSpaces(String token) {
    return gemma && !token.isEmpty() && token.chars().allMatch(c -> c == ' ');
  }

  private void byteLevel() {
    PreTokenizer way = preTokenizer();
    json.putNull("normalizer");
    json.set("pre_tokenizer", way.json());
    boolean llama3 = way == PreTokenizer.LLAMA3;
    postProcessor(metadata.flag(ADD_BOS, llama3), metadata.flag(ADD_EOS, false));
    json.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode bpe = bpe(tokens, metadata.has(MERGES) ? givenMerges() : List.of());
    bpe.put("fuse_unk", false).put("byte_fallback", false);
    bpe.put("ignore_merges", way.ignoresMerges());
    unknownToken(bpe);
  }

  private PreTokenizer preTokenizer() {
    if (!metadata.has(PRE)) {
      throw new UserException(
          metadata.file()
              + ": its metadata has no "
              + PRE
              + ", so how it splits text isn't known; convert the model again");
    }
    String name = metadata.text(PRE);
    return PreTokenizer.of(name)
        .orElseThrow(
            () ->
                new UserException(
                    "%s: the pre-tokenizer \"%s\" (%s) isn't known; known are: %s"
                        .formatted(metadata.file(), name, PRE, PreTokenizer.known())));
  }

  private List<List<String>> givenMerges() {
    List<List<String>> merges = new ArrayList<>();
    Set<String> known = new HashSet<>(tokens);
    for (String merge : metadata.texts(MERGES)) {
      int space = merge.indexOf(' ', 1);
      String left = space < 0 ? merge : merge.substring(0, space);
      String right = space < 0 ? "" : merge.substring(space + 1);
      if (space < 0 || !known.containsAll(List.of(left, right, left + right))) {
        throw new UserException(
            "%s: the merge \"%s\" (%s) isn't of two tokens into a third; convert the model again"
                .formatted(metadata.file(), merge, MERGES));
      }
      merges.add(List.of(left, right));
    }
    return merges;
  }

  private void sentencePiece() {
    boolean prefix = metadata.flag(ADD_SPACE, !gemma);
    json.putNull("normalizer");
    json.putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", SPACE)
        .put("prepend_scheme", prefix ? "first" : "never")
        .put("split", false);
    postProcessor(metadata.flag(ADD_BOS, true), metadata.flag(ADD_EOS, false));
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    ObjectNode replace = decoders.addObject().put("type", "Replace");
    replace.putObject("pattern").put("String", SPACE);
    replace.put("content", " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (prefix) {
      decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
    List<String> pieces =
        tokens.stream().map(t -> isSpaces(t) ? SPACE.repeat(t.length()) : t).toList();
    ObjectNode bpe = bpe(pieces, metadata.has(MERGES) ? givenMerges() : merges(pieces));
    bpe.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    unknownToken(bpe);
  }

  /** Of a vocabulary that has all bytes no text needs it. */
  private void unknownToken(ObjectNode bpe) {
    metadata
        .id("tokenizer.ggml.unknown_token_id")
        .ifPresent(id -> bpe.put("unk_token", token(metadata, tokens, id)));
  }

  /** Gemma's scores don't follow the order in which pieces are joined; their places do. */
  private List<List<String>> merges(List<String> pieces) {
    List<Double> scores = new ArrayList<>();
    if (gemma) {
      for (int i = 0; i < pieces.size(); i++) {
        scores.add((double) -i);
      }
    } else {
      scores = metadata.numbers(SCORES);
    }
    if (scores.size() != pieces.size()) {
      throw metadata.unfit(SCORES, "one number for each of " + pieces.size() + " tokens");
    }
    return ScoredMerges.of(ScoredMerges.scores(pieces, scores));
  }

  private ObjectNode bpe(List<String> pieces, List<List<String>> merges) {
    ObjectNode bpe = json.putObject("model").put("type", "BPE");
    bpe.putNull("dropout").putNull("unk_token");
    bpe.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    ObjectNode vocabulary = bpe.putObject("vocab");
    for (int id = 0; id < pieces.size(); id++) {
      vocabulary.put(pieces.get(id), id);
    }
    ArrayNode list = bpe.putArray("merges");
    merges.forEach(merge -> list.addArray().add(merge.get(0)).add(merge.get(1)));
    return bpe;
  }

  /** What stands around a text: BOS and EOS where the file says so. */
  private void postProcessor(boolean bos, boolean eos) {
    if (!bos && !eos) {
      json.putNull("post_processor");
      return;
    }
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode specials = template.putObject("special_tokens");
    special(bos, "bos", single, specials);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    special(eos, "eos", single, specials);
    pair.addAll(single);
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
  }

  private void special(boolean wanted, String name, ArrayNode sequence, ObjectNode specials) {
    if (!wanted) {
      return;
    }
    String key = "tokenizer.ggml." + name + "_token_id";
    int id =
        metadata
            .id(key)
            .orElseThrow(
                () ->
                    new UserException(
                        "%s: it adds a token %s, but its metadata has no %s"
                            .formatted(metadata.file(), name.toUpperCase(Locale.ROOT), key)));
    String text = token(metadata, tokens, id);
    sequence.addObject().putObject("SpecialToken").put("id", text).put("type_id", 0);
    ObjectNode special = specials.putObject(text).put("id", text);
    special.putArray("ids").add(id);
    special.putArray("tokens").add(text);
  }

  /** The text of an id. */
  static String token(GgufMetadata metadata, List<String> tokens, int id) {
    if (id >= tokens.size()) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: its metadata names the token %d of %d; convert the model again",
              metadata.file(),
              id,
              tokens.size()));
    }
    return tokens.get(id);
  }
}
