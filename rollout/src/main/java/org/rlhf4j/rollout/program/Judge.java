package org.rlhf4j.rollout.program;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * A language model that is asked about each completion (Zheng et al. 2023, "Judging
 * LLM-as-a-judge"). What it is asked is a text with {@code {{prompt}}}, {@code {{completion}}} and
 * {@code {{other}}}.
 *
 * <ul>
 *   <li>Without {@code {{other}}} it answers with its most probable tokens, and the first number in
 *       its answer is the score. An answer without a number is none (NaN).
 *   <li>With {@code {{other}}} it compares: the score is π(A) / (π(A) + π(B)) for what follows,
 *       where A is the completion. Both orders are asked and averaged, since models prefer a place.
 *       The other one is the row's {@code completion}, or its {@code answer}, or else the
 *       reference's completion with the same random numbers; without a reference the judge doesn't
 *       apply.
 * </ul>
 *
 * <p>A model with a chat template is asked as by a user.
 */
public final class Judge implements RewardProgram {
  private static final String SEPARATOR = "?prompt=";
  private static final Pattern PLACE = Pattern.compile("\\{\\{(prompt|completion|other)}}");
  private static final Pattern NUMBER = Pattern.compile("[-+]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)");
  private static final String COMPLETION = "completion";
  private static final int ANSWER_TOKENS = 64;
  private static final int ROWS = 32;
  private static final int TOKEN_BUDGET = 4096;

  /**
   * What {@code judge:} is told.
   *
   * @param model a model folder or a run
   * @param prompt the file with what it is asked
   */
  record Named(Path model, Path prompt) {
    static Named parse(String argument) {
      int separator = argument.lastIndexOf(SEPARATOR);
      if (separator < 1 || separator + SEPARATOR.length() == argument.length()) {
        throw new UsageException(
            "judge needs a model and a file with what it is asked, judge:MODEL?prompt=FILE; not '"
                + argument
                + "'");
      }
      return new Named(
          Path.of(argument.substring(0, separator)),
          Path.of(argument.substring(separator + SEPARATOR.length())));
    }

    Named in(Path folder) {
      return new Named(folder.resolve(model).normalize(), folder.resolve(prompt).normalize());
    }

    @Override
    public String toString() {
      return model + SEPARATOR + prompt;
    }
  }

  private final LanguageModel model;
  private final Optional<ChatTemplate> template;
  private final String asked;
  private final PrintStream shown;
  private int answers;
  private int withoutScore;
  private int withoutOther;

  Judge(LanguageModel model, String asked, PrintStream shown) {
    this.model = model;
    this.template = ChatTemplate.find(model.tokenizer());
    this.asked = asked;
    this.shown = shown;
  }

  static Judge open(String argument, PrintStream shown) {
    Named named = Named.parse(argument);
    String asked = text(named.prompt());
    return new Judge(LanguageModel.load(named.model()), asked, shown);
  }

  private static String text(Path file) {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UserException("--reward judge: " + file + ": can't be read as UTF-8 text", e);
    }
    if (!text.contains("{{completion}}")) {
      throw new UserException(
          "--reward judge: "
              + file
              + ": has no {{completion}}; write it where the completion is to stand");
    }
    return text;
  }

  /** The model, for the plan. */
  public LanguageModel model() {
    return model;
  }

  private boolean compares() {
    return asked.contains("{{other}}");
  }

  @Override
  public double score(CompletedPrompt completed) {
    return scoreAll(List.of(completed))[0];
  }

  @Override
  public double[] scoreAll(List<CompletedPrompt> batch) {
    return compares() ? compared(batch) : answered(batch);
  }

  /** What the judge is asked, each place filled once: what fills it isn't looked through. */
  private String filled(Map<String, String> values) {
    return PLACE
        .matcher(asked)
        .replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))));
  }

  /** The ids of what it is asked. A template brings its own BOS, so the tokenizer adds none. */
  private int[] ids(String question) {
    return template.isEmpty()
        ? model.tokenizer().encode(question)
        : model
            .tokenizer()
            .encodeRaw(template.get().prompt(List.of(new ChatMessage("user", question))));
  }

  private int[] fitting(String question, int room, CompletedPrompt completed) {
    int[] ids = ids(question);
    int positions = model.config().dimensions().positions();
    if (ids.length == 0 || ids.length + room > positions) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "--reward judge: it is asked %d tokens about '%s', and reads at most %d before its"
                  + " answer; shorten the file, or lower --max-length",
              ids.length,
              completed.shortPrompt(),
              positions - room));
    }
    return ids;
  }

  private double[] answered(List<CompletedPrompt> batch) {
    List<GenerationRequest> requests = new ArrayList<>();
    List<SampleKey> key = List.of(new SampleKey(0, 0, 0, 0));
    for (CompletedPrompt completed : batch) {
      Map<String, String> values =
          Map.of("prompt", completed.prompt(), "completion", completed.completion());
      requests.add(new GenerationRequest(fitting(filled(values), 1, completed), key));
    }
    List<List<Sampled>> sampled =
        Generator.generate(
            model,
            SamplingSettings.of(ANSWER_TOKENS, 0),
            model.tokenizer().stopIds(),
            requests,
            ROWS);
    double[] scores =
        sampled.stream()
            .mapToDouble(one -> number(model.tokenizer().decodeContinuation(one.get(0).ids())))
            .toArray();
    answers += scores.length;
    withoutScore += (int) Arrays.stream(scores).filter(Double::isNaN).count();
    return scores;
  }

  /** The first number in an answer; NaN where there is none. */
  static double number(String answer) {
    Matcher number = NUMBER.matcher(answer);
    return number.find() ? Double.parseDouble(number.group()) : Double.NaN;
  }

  private double[] compared(List<CompletedPrompt> batch) {
    double[] scores = new double[batch.size()];
    Arrays.fill(scores, Double.NaN);
    List<TokenTree> asked = new ArrayList<>();
    List<Integer> of = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      Optional<String> other = other(batch.get(i));
      if (other.isPresent()) {
        asked.add(choice(batch.get(i), batch.get(i).completion(), other.get()));
        asked.add(choice(batch.get(i), other.get(), batch.get(i).completion()));
        of.add(i);
      }
    }
    answers += scores.length;
    withoutOther += scores.length - of.size();
    double[] first = firstPreferred(asked);
    for (int k = 0; k < of.size(); k++) {
      scores[of.get(k)] = (first[2 * k] + (1 - first[2 * k + 1])) / 2;
    }
    return scores;
  }

  /** Whether it compares, and some rows have nothing to compare with. */
  public boolean lacksOthers(List<CompletedPrompt> batch) {
    return compares() && batch.stream().anyMatch(one -> other(one).isEmpty());
  }

  /**
   * Completions with what they are compared with.
   *
   * @param batch some of whose rows have nothing
   * @param reference the texts of its completions of the same prompts, in the same order
   * @return those that have something as they are, the others with the reference's completion
   */
  public List<CompletedPrompt> besideOthers(List<CompletedPrompt> batch, List<String> reference) {
    List<CompletedPrompt> beside = new ArrayList<>();
    for (CompletedPrompt one : batch) {
      String text = reference.get(beside.size());
      beside.add(other(one).isPresent() ? one : one.withField(COMPLETION, text));
    }
    return beside;
  }

  private static Optional<String> other(CompletedPrompt completed) {
    return completed.fields().get(COMPLETION) instanceof String text
        ? Optional.of(text)
        : Optional.ofNullable(completed.answer());
  }

  /** What is asked with A and B in their places, and both answers. */
  private TokenTree choice(CompletedPrompt completed, String a, String b) {
    String question = filled(Map.of("prompt", completed.prompt(), "completion", a, "other", b));
    boolean begins = template.isPresent() || question.isEmpty() || endsInSpace(question);
    int[] sayA = model.tokenizer().encodeRaw(begins ? "A" : " A");
    int[] sayB = model.tokenizer().encodeRaw(begins ? "B" : " B");
    int room = Math.max(sayA.length, sayB.length);
    return new TokenTree(fitting(question, room, completed), List.of(sayA, sayB));
  }

  private static boolean endsInSpace(String text) {
    return Character.isWhitespace(text.charAt(text.length() - 1));
  }

  /** π(A) / (π(A) + π(B)) of each. */
  private double[] firstPreferred(List<TokenTree> asked) {
    double[] preferred = new double[asked.size()];
    for (int[] group : MicroBatches.of(asked, TOKEN_BUDGET)) {
      PackedTokens tokens = PackedTokens.of(Arrays.stream(group).mapToObj(asked::get).toList());
      float[] logprobs = model.logprobs(tokens, 1).logprobs();
      for (int i = 0; i < group.length; i++) {
        double a = sum(logprobs, tokens, 2 * i);
        double b = sum(logprobs, tokens, 2 * i + 1);
        preferred[group[i]] = 1 / (1 + Math.exp(b - a));
      }
    }
    return preferred;
  }

  private static double sum(float[] logprobs, PackedTokens tokens, int completion) {
    double sum = 0;
    for (int t = tokens.start(completion); t < tokens.start(completion + 1); t++) {
      sum += logprobs[t];
    }
    return sum;
  }

  /** Says how often it had nothing to say. */
  @Override
  public void close() {
    if (withoutScore > 0) {
      shown.printf(
          Locale.ROOT, "reward judge: %,d of %,d answers had no score%n", withoutScore, answers);
    }
    if (withoutOther > 0) {
      shown.printf(
          Locale.ROOT,
          "reward judge: %,d of %,d completions had nothing to be compared with; it is the row's"
              + " completion or answer%n",
          withoutOther,
          answers);
    }
    model.close();
  }
}
