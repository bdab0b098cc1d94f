package org.rlhf4j.data.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Conversation;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Messages;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.jinja.Span;
import org.rlhf4j.model.chat.ChatMessage;
import org.rlhf4j.model.chat.ChatTemplate;
import org.rlhf4j.model.chat.RenderedChat;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UserException;

/**
 * Turns rows of messages into token ids by the model's chat template. The template brings its own
 * special tokens, BOS too, so the tokenizer adds none. Of a demonstration the assistant's turns in
 * the completion are trained on. Ids are those of the text up to each turn's beginning and end in
 * turn: what follows is taken from the tokenization of all so far where that begins with the ids
 * before it, else tokenized by itself.
 */
final class MessageTokenizer {

  /**
   * A row's ids.
   *
   * @param completionMask for each token of the completions whether it is trained on
   * @param row the row as text, as the model reads it; null of answers to a conversation
   * @param cutTurns the assistant's turns that a dialogue lost at its end
   */
  record Ids(
      int[] prompt, List<int[]> completions, boolean[] completionMask, Row row, int cutTurns) {

    Ids(int[] prompt, List<int[]> completions, boolean[] completionMask, Row row) {
      this(prompt, completions, completionMask, row, 0);
    }
  }

  private final Tokenizer tokenizer;
  private ChatTemplate template;

  MessageTokenizer(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** A conversation as text, up to where the assistant begins to speak. */
  String prompt(Conversation conversation) {
    return at(
        conversation.location(),
        conversation.tools(),
        template -> opening(template, conversation.answered(List.of())));
  }

  int[] ids(String rendered) {
    return tokenizer.encodeRaw(rendered);
  }

  /** All ids of a demonstration, without an end of ours. */
  int[] whole(Demonstration row, Messages messages) {
    List<ChatMessage> all = messages.with(messages.completions().get(0));
    return ids(at(row.location(), messages.tools(), template -> template.dialogue(all)).text());
  }

  /**
   * Tokenizes a dialogue.
   *
   * @param most the most tokens that it may have: one that has more ends with the last turn of the
   *     assistant's that fits, with the whole prompt if any does
   */
  Ids demonstration(Demonstration row, Messages messages, int most) {
    List<ChatMessage> all = messages.with(messages.completions().get(0));
    RenderedChat chat = at(row.location(), messages.tools(), template -> template.dialogue(all));
    int before = promptLength(row, messages, chat.text());
    List<Span> said = said(messages, trained(row, all, chat.assistant()), before);
    if (said.isEmpty()) {
      throw new BadRowException(
          row.location(), "the chat template writes no turn of the assistant's; leave the row out");
    }
    int begin = said.get(0).begin();
    String text = chat.text().substring(0, said.get(said.size() - 1).end());
    int[] prompt = ids(text.substring(0, begin));
    int[] ids = prompt;
    List<Integer> trained = new ArrayList<>(); // where trained ids begin and end, in turn
    for (Span span : said) {
      ids = continued(ids, text, begin, span.begin());
      trained.add(ids.length);
      ids = continued(ids, text, span.begin(), span.end());
      begin = span.end();
      trained.add(ids.length);
    }
    int turns = turnsThatFit(ids, trained, prompt.length, most);
    ids = Arrays.copyOf(ids, trained.get(2 * turns - 1));
    List<Integer> kept = new ArrayList<>(trained.subList(0, 2 * turns));
    int end = said.get(turns - 1).end();
    ids = ended(ids, isLast(end, all, chat) ? chat.text() : text, end);
    kept.set(kept.size() - 1, ids.length);
    Demonstration rendered =
        new Demonstration(
            text.substring(0, said.get(0).begin()),
            text.substring(said.get(0).begin(), said.get(turns - 1).end()),
            false,
            row.location());
    int[] completion = Arrays.copyOfRange(ids, prompt.length, ids.length);
    boolean[] mask = mask(kept, prompt.length, ids.length);
    return new Ids(prompt, List.of(completion), mask, rendered, said.size() - turns);
  }

  /** Whether the turn that ends there is the dialogue's last. */
  private static boolean isLast(int end, List<ChatMessage> all, RenderedChat chat) {
    List<Span> turns = chat.assistant();
    return all.get(all.size() - 1).isAssistant() && turns.get(turns.size() - 1).end() == end;
  }

  /** With a stop id at the end: the one that the template writes after the last turn, else EOS. */
  private int[] ended(int[] ids, String text, int said) {
    if (tokenizer.isStop(ids[ids.length - 1])) {
      return ids;
    }
    int[] after = continued(ids, text, said, text.length());
    return tokenizer.isStop(after[after.length - 1])
        ? after
        : RowTokenizer.concat(ids, new int[] {tokenizer.eosId()});
  }

  /** How many turns fit: after the whole prompt, else after what is left of it; all if none do. */
  private int turnsThatFit(int[] ids, List<Integer> trained, int prompt, int most) {
    for (int before : new int[] {0, prompt}) {
      for (int turns = trained.size() / 2; turns > 0; turns--) {
        int end = trained.get(2 * turns - 1);
        int eos = tokenizer.isStop(ids[end - 1]) ? 0 : 1;
        if (end - before + eos <= most) {
          return turns;
        }
      }
    }
    return trained.size() / 2;
  }

  /** The assistant's turns without those that are context alone. */
  private static List<Span> trained(Demonstration row, List<ChatMessage> all, List<Span> turns) {
    List<ChatMessage> said = all.stream().filter(ChatMessage::isAssistant).toList();
    if (said.stream().noneMatch(ChatMessage::isContext)) {
      return turns;
    }
    if (said.size() != turns.size()) {
      throw new BadRowException(
          row.location(),
          "a turn has weight 0, and the chat template marks other turns than the messages have;"
              + " leave the weight out");
    }
    List<Span> trained = new ArrayList<>();
    for (int i = 0; i < turns.size(); i++) {
      if (!said.get(i).isContext()) {
        trained.add(turns.get(i));
      }
    }
    return trained;
  }

  /** The turns in the completion; one that the prompt begins is trained on from there. */
  private static List<Span> said(Messages messages, List<Span> turns, int before) {
    List<Span> said = new ArrayList<>(turns);
    said.removeIf(span -> span.end() <= before);
    if (messages.isContinued() && !said.isEmpty()) {
      Span first = said.get(0);
      said.set(0, new Span(Math.max(first.begin(), before), first.end()));
    }
    return said;
  }

  /** The prompt as text: up to where the assistant begins to speak, or goes on to. */
  private static String opening(ChatTemplate template, Messages messages) {
    return messages.isContinued()
        ? template.continued(messages.prompt())
        : template.prompt(messages.prompt());
  }

  /** How much of a dialogue is its prompt, as far as the template writes it alike. */
  private int promptLength(Row row, Messages messages, String text) {
    if (messages.prompt().isEmpty()) {
      return 0;
    }
    String prompt = at(row.location(), messages.tools(), template -> opening(template, messages));
    int mismatch = 0;
    while (mismatch < Math.min(prompt.length(), text.length())
        && prompt.charAt(mismatch) == text.charAt(mismatch)) {
      mismatch++;
    }
    return mismatch;
  }

  private static boolean[] mask(List<Integer> trained, int prompt, int length) {
    boolean[] mask = new boolean[length - prompt];
    for (int i = 0; i < trained.size(); i += 2) {
      Arrays.fill(mask, trained.get(i) - prompt, trained.get(i + 1) - prompt, true);
    }
    return mask;
  }

  /** Goes on from the ids of the text before {@code begin} to those before {@code end}. */
  private int[] continued(int[] before, String text, int begin, int end) {
    int[] whole = ids(text.substring(0, end));
    return Tokenizer.startsWith(whole, before)
        ? whole
        : RowTokenizer.concat(before, tokenizer.encodeContinuation(text.substring(begin, end)));
  }

  Ids comparison(Comparison row, Messages messages) {
    Written written = written(row.location(), messages);
    String prompt = written.prompt();
    List<String> said =
        written.texts().stream().map(text -> text.substring(prompt.length())).toList();
    Comparison rendered =
        new Comparison(prompt, said, row.margin(), row.location()).withColumns(row.columns());
    return ids(written, rendered);
  }

  /** The ids that a comparison of these answers would have. */
  Ids answered(Conversation conversation, List<String> answers) {
    return ids(written(conversation.location(), conversation.answered(answers)), null);
  }

  /** Writes a conversation with an answer as {@link #answered} does, and makes no ids of it. */
  void requireTaken(Conversation conversation) {
    written(conversation.location(), conversation.answered(List.of("Yes.")));
  }

  /** The dialogues of a prompt's completions, and the prompt with which all of them begin. */
  private record Written(String prompt, List<String> texts) {}

  private Written written(Location place, Messages messages) {
    List<String> texts =
        messages.completions().stream()
            .map(messages::with)
            .map(all -> at(place, messages.tools(), template -> template.dialogue(all)).text())
            .toList();
    return new Written(sharedPrompt(place, messages, texts), texts);
  }

  private Ids ids(Written written, Row rendered) {
    String prompt = written.prompt();
    int[] before = ids(prompt);
    List<int[]> completions = new ArrayList<>();
    for (String text : written.texts()) {
      int[] ids = continued(before, text, prompt.length(), text.length());
      completions.add(Arrays.copyOfRange(ids, before.length, ids.length));
    }
    return new Ids(before, completions, null, rendered);
  }

  /** The prompt as it is for sampling, else, where no answer follows that, without its opening. */
  private String sharedPrompt(Location place, Messages messages, List<String> texts) {
    if (messages.prompt().isEmpty()) {
      return "";
    }
    List<Function<ChatTemplate, String>> prompts =
        List.of(
            template -> opening(template, messages),
            template -> template.dialogue(messages.prompt()).text());
    for (Function<ChatTemplate, String> one : prompts) {
      String prompt = at(place, messages.tools(), one);
      if (texts.stream().allMatch(text -> text.startsWith(prompt))) {
        return prompt;
      }
    }
    throw new BadRowException(
        place,
        "the chat template writes the prompt otherwise where an answer follows; give text instead"
            + " of messages");
  }

  /** Renders; what the template refuses is the row's fault, but a missing one isn't. */
  private <T> T at(Location place, List<Object> tools, Function<ChatTemplate, T> rendered) {
    if (template == null) {
      template = ChatTemplate.of(tokenizer);
    }
    try {
      return rendered.apply(template.withTools(tools));
    } catch (UserException e) {
      throw new BadRowException(place, e.getMessage());
    }
  }
}
