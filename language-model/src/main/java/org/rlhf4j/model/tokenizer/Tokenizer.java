package org.rlhf4j.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.model.files.ModelTexts;
import org.rlhf4j.settings.JsonFiles;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * The tokenizer of a Hugging Face folder: {@code tokenizer.json}, with its special tokens named by
 * {@code tokenizer_config.json}, {@code special_tokens_map.json} or {@code config.json}. Nothing is
 * ever truncated or padded, and nothing is fetched over the network.
 */
public final class Tokenizer implements AutoCloseable {

  private static final String TOKENIZER_JSON = "tokenizer.json";
  private static final List<String> FILES =
      List.of(
          TOKENIZER_JSON,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "vocab.txt",
          "merges.txt",
          "tokenizer.model",
          "spiece.model",
          "sentencepiece.bpe.model",
          "tekken.json",
          "chat_template.jinja",
          "chat_template.json",
          SpecialTokens.GENERATION_CONFIG,
          "LICENSE",
          "LICENSE.txt",
          "LICENSE.md",
          "NOTICE",
          "NOTICE.txt",
          "USE_POLICY.md");

  private static final String MORE_TEMPLATES = "additional_chat_templates";

  /** Texts that end a word: what is tokenized after one of them gets no word-start mark. */
  private static final List<String> LEADS = List.of("\n", "a\n", ":");

  private final ModelTexts files;
  private final ModelTexts model;
  private final NativeTokenizer backend;
  private final SpecialTokens specials;
  private final int[] beginning;
  private final boolean marksWordStart;
  private final int vocabularySize;
  private final String hash;
  private final Set<String> addedTokens;

  private Tokenizer(ModelTexts files, ModelTexts model, byte[] bytes, JsonNode json) {
    this.files = files;
    this.model = model;
    this.specials = SpecialTokens.read(files, model, json);
    this.hash = sha256(bytes);
    this.vocabularySize = vocabularySize(json);
    this.addedTokens = addedTokens(json);
    NativeTokenizer.requireLibrary();
    TokenizerTrial.require(files.path(TOKENIZER_JSON), bytes, json, hash);
    this.backend = NativeTokenizer.open(files.path(TOKENIZER_JSON), bytes);
    this.beginning = beginning();
    String first = backend.firstToken("a");
    this.marksWordStart = first.startsWith("\u2581") || first.startsWith("\u0120");
  }

  /**
   * Loads the tokenizer of a folder, or of a GGUF file.
   *
   * @param folder a Hugging Face model or tokenizer folder, or a GGUF file
   * @return the tokenizer
   * @throws UserException if {@code tokenizer.json} is missing or invalid, no end-of-sequence token
   *     is named, or a file gives a token another id than the tokenizer
   */
  public static Tokenizer load(Path folder) {
    return load(folder, folder);
  }

  /**
   * Loads a tokenizer that lies apart from its model, as an adapter's does.
   *
   * @param folder as for {@link #load(Path)}
   * @param model the folder whose {@code config.json} and {@code generation_config.json} count
   *     where the tokenizer's has none
   * @return the tokenizer
   */
  public static Tokenizer load(Path folder, Path model) {
    ModelTexts files = ModelTexts.of(folder);
    Path file = files.path(TOKENIZER_JSON);
    byte[] bytes = files.bytes(TOKENIZER_JSON).orElseThrow(() -> missing(file));
    JsonNode json = JsonFiles.parse(file, bytes);
    JsonNode completed = AddedTokens.complete(files, json);
    return new Tokenizer(
        files,
        model.equals(folder) ? files : ModelTexts.of(model),
        completed.equals(json) ? bytes : completed.toString().getBytes(StandardCharsets.UTF_8),
        completed);
  }

  private static UsageException missing(Path file) {
    return new UsageException(
        file
            + ": no such file; name a folder with a Hugging Face tokenizer. If the tokenizer has"
            + " another form, save_pretrained of transformers' AutoTokenizer writes this file");
  }

  /**
   * Tokenizes a text as a prompt: after the BOS that the tokenizer's own post-processor puts first,
   * where it does and the text doesn't begin with it. What a post-processor puts last (an EOS, say)
   * is left off, so that a prompt can be continued.
   *
   * @param text any text; a special token written in it becomes that token
   * @return token ids
   */
  public int[] encode(String text) {
    int[] ids = encodeRaw(text);
    return startsWith(ids, beginning) ? ids : concat(beginning, ids);
  }

  /**
   * Tokenizes a text without adding special tokens.
   *
   * @param text any text
   * @return token ids
   */
  public int[] encodeRaw(String text) {
    return backend.encode(text, false);
  }

  /**
   * Tokenizes a text that follows another: no BOS, and no word-start mark (SentencePiece's U+2581,
   * or a prefixed space) other than for a space that the text itself begins with.
   *
   * @param text any text
   * @return token ids
   */
  public int[] encodeContinuation(String text) {
    if (marksWordStart) {
      for (String lead : LEADS) {
        int[] before = encodeRaw(lead);
        int[] whole = encodeRaw(lead + text);
        if (startsWith(whole, before)) {
          return Arrays.copyOfRange(whole, before.length, whole.length);
        }
      }
    }
    return encodeRaw(text);
  }

  /**
   * Tells whether token ids begin with others.
   *
   * @param ids token ids
   * @param prefix token ids
   * @return whether {@code ids} begins with all of {@code prefix}
   */
  public static boolean startsWith(int[] ids, int[] prefix) {
    int mismatch = Arrays.mismatch(ids, prefix);
    return mismatch == -1 || mismatch == prefix.length;
  }

  /**
   * Turns token ids into text, leaving special tokens out.
   *
   * @param ids token ids
   * @return the text
   */
  public String decode(int[] ids) {
    return backend.decode(ids, true);
  }

  /**
   * Turns token ids into text, special tokens included.
   *
   * @param ids token ids
   * @return the text
   */
  public String decodeRaw(int[] ids) {
    return backend.decode(ids, false);
  }

  /**
   * Turns the ids of a completion into text, leaving special tokens out. Unlike {@link #decode} it
   * keeps the space that a completion begins with, which some decoders take for a sentence's start.
   *
   * @param ids token ids that follow others
   * @return the text
   */
  public String decodeContinuation(int[] ids) {
    if (!marksWordStart) {
      return decode(ids);
    }
    int[] lead = encodeRaw("a");
    return decode(concat(lead, ids)).substring(decode(lead).length());
  }

  /**
   * Returns the id that ends a sequence.
   *
   * @return the end-of-sequence id
   */
  public int eosId() {
    return specials.eos();
  }

  /**
   * Returns the id that begins a sequence, if the folder names one; {@link #encode} may still not
   * use it.
   *
   * @return the beginning-of-sequence id
   */
  public OptionalInt bosId() {
    return specials.bos();
  }

  /**
   * Returns the id used for padding, if the folder names one. Nothing here ever pads.
   *
   * @return the padding id
   */
  public OptionalInt padId() {
    return specials.pad();
  }

  /**
   * Returns the ids that end sampling: those of {@code generation_config.json}, or of {@code
   * config.json} where that file names none, and the end-of-sequence id.
   *
   * @return ids, ascending, at least one
   */
  public int[] stopIds() {
    return specials.stops().clone();
  }

  /**
   * Tells whether an id ends sampling.
   *
   * @param id a token id
   * @return whether it is among {@link #stopIds}
   */
  public boolean isStop(int id) {
    return Arrays.binarySearch(specials.stops(), id) >= 0;
  }

  /**
   * Returns the number of ids that the tokenizer can produce: the highest one plus 1. A model may
   * have more rows than that, never fewer.
   *
   * @return the vocabulary's size
   */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * Returns the SHA-256 of {@link #json}: two models with the same hash share token ids.
   *
   * @return 64 hexadecimal digits
   */
  public String hash() {
    return hash;
  }

  /**
   * Returns where the tokenizer was loaded from; its chat template lies there too.
   *
   * @return the folder, or the GGUF file
   */
  public Path folder() {
    return files.place();
  }

  /**
   * Returns {@code tokenizer.json}, with the tokens that only other files of the folder add to it.
   *
   * @return the whole tokenizer
   */
  public JsonNode json() {
    return AddedTokens.complete(files, files.json(TOKENIZER_JSON));
  }

  /**
   * Returns the texts that are one token wherever they stand.
   *
   * @return the texts of the special tokens and of what was added to the vocabulary
   */
  public Set<String> addedTokens() {
    return addedTokens;
  }

  /**
   * Copies the tokenizer's files, its chat templates, {@code generation_config.json} and the
   * license, those that exist, byte for byte; but that every file names {@link #eosId} as an end.
   *
   * @param target an existing folder
   * @throws UserException if a file can't be written
   */
  public void copyTo(Path target) {
    EndOfSequence end =
        new EndOfSequence(files, model, specials, decodeRaw(new int[] {specials.eos()}));
    try {
      if (files.areIn(target)) {
        return;
      }
      List<String> templates = files.names(MORE_TEMPLATES, ".jinja");
      for (String name : Stream.concat(FILES.stream(), templates.stream()).toList()) {
        Optional<byte[]> content = end.content(name);
        if (content.isPresent()) {
          Path file = target.resolve(name);
          Files.createDirectories(file.getParent());
          Files.write(file, content.get()); // content, not permissions
        }
      }
    } catch (IOException e) {
      throw new UserException(
          target + ": the tokenizer's files can't be copied here (" + e + "); check the folder", e);
    }
  }

  /** Frees the native tokenizer. */
  @Override
  public void close() {
    backend.close();
  }

  /** The ids that the post-processor puts before a text. */
  private int[] beginning() {
    int[] with = backend.encode("a", true);
    int[] raw = encodeRaw("a");
    for (int from = 0; from + raw.length <= with.length; from++) {
      if (Arrays.equals(raw, Arrays.copyOfRange(with, from, from + raw.length))) {
        return Arrays.copyOf(with, from);
      }
    }
    return new int[0];
  }

  static int vocabularySize(JsonNode json) {
    int size = 0;
    JsonNode vocabulary = json.path("model").path("vocab");
    if (vocabulary.isArray()) {
      size = vocabulary.size();
    } else {
      for (JsonNode id : vocabulary) {
        size = Math.max(size, id.asInt() + 1);
      }
    }
    for (JsonNode token : json.path("added_tokens")) {
      size = Math.max(size, token.path("id").asInt() + 1);
    }
    return size;
  }

  private static Set<String> addedTokens(JsonNode json) {
    Set<String> texts = new LinkedHashSet<>();
    for (JsonNode token : json.path("added_tokens")) {
      texts.add(token.path("content").asText());
    }
    return Set.copyOf(texts);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
