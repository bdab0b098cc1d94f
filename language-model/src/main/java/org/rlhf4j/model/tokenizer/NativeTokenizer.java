package org.rlhf4j.model.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.rlhf4j.model.torch.NativeFolder;
import org.rlhf4j.settings.UserException;

/** The tokenizer that DJL brings, as this project uses it: it neither truncates nor pads. */
final class NativeTokenizer implements AutoCloseable {

  /** How much of a text a message shows. */
  private static final int SHOWN = 40;

  private final Path file;
  private final HuggingFaceTokenizer backend;

  private NativeTokenizer(Path file, HuggingFaceTokenizer backend) {
    this.file = file;
    this.backend = backend;
  }

  /**
   * Opens a tokenizer.
   *
   * @param file its name, for messages
   * @param bytes its JSON
   * @return the tokenizer
   * @throws UserException if it can't be read
   */
  static NativeTokenizer open(Path file, byte[] bytes) {
    requireLibrary();
    Map<String, String> options =
        Map.of("addSpecialTokens", "true", "truncation", "false", "padding", "false");
    try {
      return new NativeTokenizer(
          file, HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options));
    } catch (IOException | RuntimeException e) {
      throw new UserException(file + ": not a tokenizer (" + firstLine(e) + "); save it again", e);
    }
  }

  /**
   * Loads the library.
   *
   * @throws UserException if it can't be
   */
  static void requireLibrary() {
    setUnlessGiven("OPT_OUT_TRACKING", "true");
    setUnlessGiven("RUST_FLAVOR", "cpu");
    try {
      LibUtils.checkStatus();
    } catch (RuntimeException | LinkageError e) {
      throw NativeFolder.refusal("the tokenizers library", e)
          .orElseGet(
              () -> new UserException("the tokenizers library doesn't load: " + firstLine(e), e));
    }
  }

  /** DJL would otherwise report its use, or fetch a library for GPUs, over the network. */
  private static void setUnlessGiven(String name, String value) {
    if (System.getenv(name) == null && System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /**
   * Turns a text into ids. It fetches the ids alone: DJL's own method copies tokens and spans too,
   * at twice the time.
   *
   * @param text any text
   * @param specials whether the post-processor adds its tokens
   * @return token ids
   * @throws UserException if the tokenizer can't take the text
   */
  int[] encode(String text, boolean specials) {
    long encoding;
    try {
      encoding = TokenizersLibrary.LIB.encode(backend.getHandle(), text, specials);
    } catch (RuntimeException e) {
      String shown = text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "\u2026";
      throw new UserException(
          "%s: the tokenizer can't take \"%s\" (%s); save it again"
              .formatted(file, shown, firstLine(e)),
          e);
    }
    try {
      return LongStream.of(TokenizersLibrary.LIB.getTokenIds(encoding))
          .mapToInt(Math::toIntExact)
          .toArray();
    } finally {
      TokenizersLibrary.LIB.deleteEncoding(encoding);
    }
  }

  /** The first token of a text, as the vocabulary has it; empty if the text gives none. */
  String firstToken(String text) {
    String[] tokens = backend.encode(text, false, false).getTokens();
    return tokens.length == 0 ? "" : tokens[0];
  }

  String decode(int[] ids, boolean skipSpecials) {
    return backend.decode(IntStream.of(ids).asLongStream().toArray(), skipSpecials);
  }

  @Override
  public void close() {
    backend.close();
  }
}
