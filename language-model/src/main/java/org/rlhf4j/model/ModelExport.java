package org.rlhf4j.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.chat.OllamaTemplate;
import org.rlhf4j.model.gguf.GgufExport;
import org.rlhf4j.model.gguf.GgufFormat;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/** Writes a language model to a GGUF file, and reads it back to see that it is the same model. */
public final class ModelExport implements AutoCloseable {
  private static final float TOLERANCE = 1e-5f;
  private static final List<ChatMessage> DIALOGUE =
      List.of(
          new ChatMessage("user", "What is 2 + 2?"),
          new ChatMessage("assistant", "4."),
          new ChatMessage("user", "And doubled?"));

  private final LanguageModel model;
  private final Optional<ChatTemplate> template;
  private final GgufExport export;

  /**
   * How the file's model differs from the one that it was made of.
   *
   * @param texts how many texts have the same ids
   * @param tokens how many tokens of them were scored
   * @param mean by which the model's log-probabilities are above the file's, in nats per token
   * @param largest the largest difference of one, in nats
   */
  public record Comparison(int texts, int tokens, double mean, double largest) {
    /** In one sentence. */
    public String sentence() {
      return String.format(
          Locale.ROOT,
          "read back: every tensor, the ids of %d texts, template and stop ids are equal; over %d"
              + " tokens the log-probability differs from the model's by %+.6f nats per token, at"
              + " most %.6f",
          texts,
          tokens,
          0.0 - mean,
          largest);
    }
  }

  private ModelExport(LanguageModel model, Path given, GgufFormat format) {
    this.model = model;
    Tokenizer tokenizer = model.tokenizer();
    this.template = ChatTemplate.find(tokenizer);
    GgufExport.Texts texts =
        new GgufExport.Texts(
            tokenizer.eosId(),
            tokenizer.bosId(),
            tokenizer.padId(),
            tokenizer.stopIds(),
            template.map(ChatTemplate::source));
    this.export =
        new GgufExport(
            given,
            model.config().json(),
            model.config().blueprint(),
            tokenizer.json(),
            texts,
            model.weights().tensors(),
            format);
  }

  /**
   * Opens a model and prepares its file; an adapter is merged into its base.
   *
   * @param given a model folder, a run, or a GGUF file
   * @param format the number format of the matrices
   * @throws UserException where it can't be read, is a reward model, or isn't what llama.cpp
   *     computes
   */
  public static ModelExport open(Path given, GgufFormat format) {
    if (ModelFolder.open(given).isScalar()) {
      throw new UserException(
          given
              + ": this is a reward model, and llama.cpp has no score head for one; export the"
              + " language model that it judges");
    }
    LanguageModel model = LanguageModel.load(given);
    try {
      if (model.isAdapted()) {
        model.network().fold(model.weights());
      }
      return new ModelExport(model, given, format);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** What the file can't say, a sentence each; that an adapter was merged is the first. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (model.isAdapted()) {
      notes.add("the adapter is merged into its base");
    }
    notes.addAll(export.notes());
    if (template.isEmpty()) {
      notes.add("the model has no chat template, so the file has none");
    }
    return notes;
  }

  /** What is written, in a few words. */
  public String summary() {
    return export.summary();
  }

  /**
   * Writes the file.
   *
   * @throws IOException where it can't be written
   * @throws UserException where a weight isn't finite, or too large for its format
   */
  public void write(Path file) throws IOException {
    export.write(file);
  }

  /**
   * Reads a file back. The model's weights are afterwards those that the file stands for.
   *
   * @param file what {@link #write} wrote
   * @return how far the file's model is from the one that was opened
   * @throws UserException where it isn't the same model but for the rounding
   */
  public Comparison readBack(Path file) {
    try (LanguageModel back = LanguageModel.load(file)) {
      requireEqualTexts(back.tokenizer(), file);
      PackedTokens tokens = tokens();
      float[] before = model.logprobs(tokens, 1).logprobs();
      export.round(model.weights());
      requireEqualWeights(back, file);
      float[] rounded = model.logprobs(tokens, 1).logprobs();
      float[] read = back.logprobs(tokens, 1).logprobs();
      require(largest(rounded, read) <= TOLERANCE, file, "its log-probabilities");
      return new Comparison(
          TextZoo.TEXTS.size(), before.length, mean(before, read), largest(before, read));
    }
  }

  private void requireEqualTexts(Tokenizer back, Path file) {
    Tokenizer own = model.tokenizer();
    for (String text : TextZoo.TEXTS) {
      boolean equal =
          Arrays.equals(own.encodeRaw(text), back.encodeRaw(text))
              && Arrays.equals(own.encode(text), back.encode(text));
      require(equal, file, "the ids of \"" + text.strip().replace('\n', ' ') + "\"");
    }
    require(own.addedTokens().equals(back.addedTokens()), file, "its added tokens");
    require(Arrays.equals(own.stopIds(), back.stopIds()), file, "its stop ids");
    require(own.eosId() == back.eosId() && own.bosId().equals(back.bosId()), file, "BOS or EOS");
    Optional<String> rendered = template.map(t -> t.prompt(DIALOGUE));
    Optional<String> renderedBack = ChatTemplate.find(back).map(t -> t.prompt(DIALOGUE));
    require(rendered.equals(renderedBack), file, "what its chat template writes");
    rendered.ifPresent(
        text ->
            require(
                Arrays.equals(own.encodeRaw(text), back.encodeRaw(text)),
                file,
                "the ids of what its chat template writes"));
  }

  private void requireEqualWeights(LanguageModel back, Path file) {
    for (int i = 0; i < model.weights().specs().size(); i++) {
      String name = model.weights().specs().get(i).name();
      int other = back.weights().index(name);
      boolean equal = other >= 0 && model.weights().read(i).equals(back.weights().read(other));
      require(equal, file, "the tensor " + name);
    }
  }

  private static void require(boolean equal, Path file, String what) {
    if (!equal) {
      throw new UserException(
          file + ": read back, " + what + " isn't the model's; the file is removed");
    }
  }

  /** The texts as one completion each, as long as the model takes. */
  private PackedTokens tokens() {
    List<TokenTree> trees = new ArrayList<>();
    for (String text : TextZoo.TEXTS) {
      int[] ids = model.tokenizer().encodeRaw(text);
      int length = Math.min(ids.length, model.config().dimensions().positions());
      if (length > 1) {
        trees.add(TokenTree.of(new int[] {ids[0]}, Arrays.copyOfRange(ids, 1, length)));
      }
    }
    return PackedTokens.of(trees);
  }

  private static double mean(float[] one, float[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] - other[i];
    }
    return sum / one.length;
  }

  private static float largest(float[] one, float[] other) {
    float largest = 0;
    for (int i = 0; i < one.length; i++) {
      largest = Math.max(largest, Math.abs(one[i] - other[i]));
    }
    return largest;
  }

  /**
   * A Modelfile for Ollama: the file, the chat template in its language, and what ends an answer.
   *
   * @param file the GGUF file's name, beside which the Modelfile lies
   * @throws UserException where the chat template can't be written in Ollama's language
   */
  public String modelfile(String file) {
    Tokenizer tokenizer = model.tokenizer();
    StringJoiner lines = new StringJoiner("\n", "", "\n").add("FROM ./" + file);
    boolean begins = tokenizer.encode("a").length > tokenizer.encodeRaw("a").length;
    String bos = begins ? tokenizer.decodeRaw(new int[] {tokenizer.bosId().orElseThrow()}) : "";
    String written =
        template.isEmpty()
            ? "{{ .Prompt }}"
            : OllamaTemplate.of(template.get(), bos)
                .orElseThrow(
                    () ->
                        new UserException(
                            tokenizer.folder()
                                + ": its chat template can't be written in Ollama's language, since"
                                + " it doesn't write the same around each message of a role; leave"
                                + " --ollama out and write the Modelfile by hand"));
    lines.add("TEMPLATE \"\"\"" + written + "\"\"\"");
    for (int stop : tokenizer.stopIds()) {
      String text = tokenizer.decodeRaw(new int[] {stop});
      lines.add("PARAMETER stop \"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
    }
    return lines.toString();
  }

  @Override
  public void close() {
    model.close();
    model.tokenizer().close();
  }
}
