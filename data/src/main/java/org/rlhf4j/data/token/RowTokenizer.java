package org.rlhf4j.data.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Conversation;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * Turns rows into token ids.
 *
 * <ul>
 *   <li>The prompt's ids are those of the prompt alone, as in sampling.
 *   <li>A completion's ids are what follows them in the tokenization of prompt and completion
 *       together where that begins with the prompt's ids, else those of the completion alone.
 *   <li>The end-of-sequence id is appended to a completion that doesn't end in a stop id.
 *   <li>What is longer than the maximal length loses the prompt's beginning, but keeps its BOS; all
 *       completions of a row share the prompt that leaves room for the longest. A row whose longest
 *       completion doesn't fit alone is dropped. A dialogue may end with the last turn of the
 *       assistant's that fits instead.
 *   <li>Messages are rendered by the model's chat template, which brings its own special tokens; of
 *       a dialogue only the assistant's turns are trained on.
 *   <li>A text row has an empty prompt; its first token has no predictor and isn't trained on.
 * </ul>
 */
public final class RowTokenizer {

  private static final int[] NONE = {};

  private final Tokenizer tokenizer;
  private final int maxLength;
  private final boolean trainsOnPrompt;
  private final boolean cutsTurns;
  private final KnownIds known;
  private final MessageTokenizer messages;

  /**
   * Creates a tokenizer of rows that trains on completions.
   *
   * @param tokenizer the model's
   * @param maxLength the most tokens of prompt, completion and end together
   */
  public RowTokenizer(Tokenizer tokenizer, int maxLength) {
    this(tokenizer, maxLength, List.of(TrainedPart.COMPLETION));
  }

  /**
   * Creates a tokenizer of rows.
   *
   * @param tokenizer the model's
   * @param maxLength the most tokens of prompt, completion and end together
   * @param trainOn parts of a demonstration that are trained on; the completion always is
   */
  public RowTokenizer(Tokenizer tokenizer, int maxLength, List<TrainedPart> trainOn) {
    this(tokenizer, maxLength, trainOn, false);
  }

  /**
   * Creates a tokenizer of rows.
   *
   * @param tokenizer the model's
   * @param maxLength the most tokens of prompt, completion and end together
   * @param trainOn parts of a demonstration that are trained on; the completion always is
   * @param cutsTurns whether a dialogue that is too long ends with the last turn of the assistant's
   *     that fits
   */
  public RowTokenizer(
      Tokenizer tokenizer, int maxLength, List<TrainedPart> trainOn, boolean cutsTurns) {
    this(tokenizer, maxLength, trainOn.contains(TrainedPart.PROMPT), cutsTurns, KnownIds.ANY);
  }

  private RowTokenizer(
      Tokenizer tokenizer,
      int maxLength,
      boolean trainsOnPrompt,
      boolean cutsTurns,
      KnownIds known) {
    if (maxLength < 2) {
      throw new UsageException("max-length: " + maxLength + " is too short; give at least 2");
    }
    this.tokenizer = tokenizer;
    this.maxLength = maxLength;
    this.trainsOnPrompt = trainsOnPrompt;
    this.cutsTurns = cutsTurns;
    this.known = known;
    this.messages = new MessageTokenizer(tokenizer);
  }

  /**
   * A tokenizer that refuses rows with ids that a model doesn't have. A tokenizer may know more
   * tokens than the model has rows in its embedding, where some were added to it alone.
   *
   * @param rows of the model's embedding
   * @return one that otherwise does the same
   */
  public RowTokenizer within(int rows) {
    return new RowTokenizer(tokenizer, maxLength, trainsOnPrompt, cutsTurns, new KnownIds(rows));
  }

  /**
   * Returns the longest row.
   *
   * @return tokens of prompt, completion and end together
   */
  public int maxLength() {
    return maxLength;
  }

  /**
   * Tokenizes demonstrations or comparisons.
   *
   * @param rows as read
   * @return the rows kept, and the report
   */
  public Tokenized<TokenizedRow> tokenize(Rows<? extends Row> rows) {
    DataReport.Builder report = report(rows);
    List<TokenizedRow> kept = new ArrayList<>();
    for (Row row : rows.rows()) {
      tokenize(row, report).ifPresent(kept::add);
    }
    return new Tokenized<>(kept, report.build());
  }

  /**
   * Tokenizes one demonstration or comparison.
   *
   * @param row the row; a prompt alone has nothing to train on and isn't accepted
   * @param report counts what becomes of the row
   * @return its ids, or nothing where it is dropped
   */
  public Optional<TokenizedRow> tokenize(Row row, DataReport.Builder report) {
    TextLimit.require(row);
    MessageTokenizer.Ids ids = ids(row);
    known.require(row.location(), ids.prompt());
    ids.completions().forEach(said -> known.require(row.location(), said));
    report.read(row);
    int[] prompt = ids.prompt();
    List<int[]> completions = ids.completions().stream().map(this::ended).toList();
    int longest =
        completions.stream().mapToInt(completion -> completion.length).max().orElseThrow();
    if (longest > maxLength) {
      report.dropped(DataReport.COMPLETION_TOO_LONG);
      return Optional.empty();
    }
    int[] fitting = fitting(prompt, maxLength - longest);
    TokenTree tree = tree(row, fitting, completions);
    if (row instanceof Demonstration && tree.length() < 2) {
      report.dropped(DataReport.NOTHING_TO_TRAIN_ON);
      return Optional.empty();
    }
    int cut = prompt.length - fitting.length;
    report.kept(fitting.length, longest, cut);
    report.cutTrained(isTrainedOnPrompt(row) ? cut : 0);
    report.cutTurns(ids.cutTurns());
    if (completions.stream().allMatch(all -> tokenizer.isStop(all[all.length - 1]))) {
      report.ended();
    }
    double margin = row instanceof Comparison comparison ? comparison.margin() : 0;
    return Optional.of(
        ids.completionMask() == null || trainsOnPrompt
            ? new TokenizedRow(tree, ids.row(), margin, cut)
            : new TokenizedRow(tree, ids.completionMask(), ids.row(), margin, cut));
  }

  private MessageTokenizer.Ids ids(Row row) {
    if (row.messages().isPresent() && row instanceof Demonstration demonstration) {
      int most = cutsTurns ? maxLength : Integer.MAX_VALUE;
      return messages.demonstration(demonstration, row.messages().get(), most);
    }
    if (row.messages().isPresent() && row instanceof Comparison comparison) {
      return messages.comparison(comparison, row.messages().get());
    }
    int[] prompt = isText(row) ? NONE : promptIds(row.prompt());
    return new MessageTokenizer.Ids(prompt, completions(row, prompt), null, row);
  }

  /**
   * Tokenizes prompts to sample from.
   *
   * @param rows as read
   * @param maxNewTokens how many tokens a completion may have; what is left of the maximal length
   *     is the prompt's
   * @return the prompts kept, and the report
   */
  public Tokenized<TokenizedPrompt> tokenizePrompts(Rows<PromptRow> rows, int maxNewTokens) {
    int room = promptRoom(maxNewTokens);
    DataReport.Builder report = report(rows);
    List<TokenizedPrompt> kept = new ArrayList<>();
    for (PromptRow row : rows.rows()) {
      tokenizePrompt(row, room, report).ifPresent(kept::add);
    }
    return new Tokenized<>(kept, report.build());
  }

  /**
   * Tokenizes a prompt to sample from.
   *
   * @param row the prompt
   * @param room how many tokens it may have
   * @param report counts what becomes of it
   * @return its ids, or nothing where it has none
   */
  public Optional<TokenizedPrompt> tokenizePrompt(
      PromptRow row, int room, DataReport.Builder report) {
    TextLimit.require(row);
    PromptRow text =
        row.conversation().map(given -> row.rendered(messages.prompt(given))).orElse(row);
    int[] prompt =
        row.messages().isPresent() ? messages.ids(text.prompt()) : promptIds(row.prompt());
    known.require(row.location(), prompt);
    report.read(row);
    int[] fitting = fitting(prompt, room);
    if (fitting.length == 0) {
      report.dropped(DataReport.EMPTY_PROMPT);
      return Optional.empty();
    }
    int cut = prompt.length - fitting.length;
    report.kept(fitting.length, 0, cut);
    return Optional.of(new TokenizedPrompt(fitting, text, cut));
  }

  /**
   * Makes sure that the model's chat template takes a conversation and an answer to it, at a
   * fraction of the cost of their tokens.
   *
   * @param conversation the prompt
   * @throws BadRowException where the template refuses it
   * @throws UserException where the model has no chat template
   */
  public void requireTaken(Conversation conversation) {
    messages.requireTaken(conversation);
  }

  /**
   * Tokenizes answers to a conversation as the completions of a comparison, but uncut.
   *
   * @param conversation the prompt
   * @param answers each what the assistant says next; at least one
   * @return their ids, ended
   * @throws BadRowException where the model's chat template refuses the conversation
   * @throws UserException where the model has no chat template
   */
  public TokenTree answered(Conversation conversation, List<String> answers) {
    MessageTokenizer.Ids ids = messages.answered(conversation, answers);
    return new TokenTree(ids.prompt(), ids.completions().stream().map(this::ended).toList());
  }

  /**
   * Returns what the longest row leaves to a prompt.
   *
   * @param maxNewTokens how many tokens a completion may have
   * @return at least 1
   * @throws UsageException if there is no room for a prompt
   */
  public int promptRoom(int maxNewTokens) {
    int room = maxLength - maxNewTokens;
    if (room < 1) {
      throw new UsageException(
          "--max-new-tokens: "
              + maxNewTokens
              + " leaves no room for a prompt in "
              + maxLength
              + " tokens; lower --max-new-tokens or raise --max-length");
    }
    return room;
  }

  private DataReport.Builder report(Rows<? extends Row> rows) {
    DataReport.Builder report = new DataReport.Builder(maxLength, rows.bad());
    report.files(rows.files());
    return report;
  }

  /**
   * Tokenizes a demonstration whole: nothing is cut and no end is appended.
   *
   * @param row the row
   * @return the ids of its prompt and its completion
   */
  public int[] wholeIds(Demonstration row) {
    TextLimit.require(row);
    if (row.messages().isPresent()) {
      return messages.whole(row, row.messages().get());
    }
    return row.trainOnAll()
        ? tokenizer.encode(row.completion())
        : concat(promptIds(row.prompt()), completionIds(row.prompt(), row.completion()));
  }

  /**
   * Tokenizes a prompt, uncut.
   *
   * @param prompt its text
   * @return its ids, with the tokenizer's own BOS
   */
  public int[] promptIds(String prompt) {
    return tokenizer.encode(prompt);
  }

  /**
   * The end of a prompt that is too long. One that begins with BOS keeps it, unless there is room
   * for one token.
   *
   * @param prompt its ids
   * @param most how many of them there is room for
   * @return the prompt itself where it fits
   */
  public int[] fitting(int[] prompt, int most) {
    if (prompt.length <= most) {
      return prompt;
    }
    int[] end = Arrays.copyOfRange(prompt, prompt.length - most, prompt.length);
    if (most > 1 && tokenizer.bosId().isPresent() && prompt[0] == tokenizer.bosId().getAsInt()) {
      end[0] = prompt[0];
    }
    return end;
  }

  /**
   * Tokenizes a completion as what follows a prompt; no end is appended.
   *
   * @param prompt the prompt's text
   * @param completion the completion's text
   * @return the completion's ids; none for an empty text
   */
  public int[] completionIds(String prompt, String completion) {
    return completionIds(prompt, promptIds(prompt), completion);
  }

  /**
   * Appends the end-of-sequence id unless the ids end in a stop id.
   *
   * @param ids of a completion or a text
   * @return ids that end in a stop id
   */
  public int[] ended(int[] ids) {
    boolean stops = ids.length > 0 && tokenizer.isStop(ids[ids.length - 1]);
    return stops ? ids : concat(ids, new int[] {tokenizer.eosId()});
  }

  private int[] completionIds(String prompt, int[] before, String completion) {
    int[] whole = tokenizer.encode(prompt + completion);
    return Tokenizer.startsWith(whole, before)
        ? Arrays.copyOfRange(whole, before.length, whole.length)
        : tokenizer.encodeContinuation(completion);
  }

  private TokenTree tree(Row row, int[] prompt, List<int[]> completions) {
    return isTrainedOnPrompt(row)
        ? TokenTree.of(NONE, concat(prompt, completions.get(0)))
        : new TokenTree(prompt, completions);
  }

  private boolean isTrainedOnPrompt(Row row) {
    return trainsOnPrompt && row instanceof Demonstration;
  }

  private List<int[]> completions(Row row, int[] prompt) {
    if (row instanceof Comparison comparison) {
      return comparison.completions().stream()
          .map(completion -> completionIds(row.prompt(), prompt, completion))
          .toList();
    }
    if (row instanceof Demonstration demonstration) {
      String text = demonstration.completion();
      return List.of(
          isText(row) ? tokenizer.encode(text) : completionIds(row.prompt(), prompt, text));
    }
    throw new IllegalArgumentException("a prompt alone has no completion");
  }

  private static boolean isText(Row row) {
    return row instanceof Demonstration demonstration && demonstration.trainOnAll();
  }

  /** One after the other. */
  static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
