package org.rlhf4j.data.row;

import static org.rlhf4j.data.row.FieldNames.CHOSEN;
import static org.rlhf4j.data.row.FieldNames.COMPLETION;
import static org.rlhf4j.data.row.FieldNames.COMPLETIONS;
import static org.rlhf4j.data.row.FieldNames.HISTORY;
import static org.rlhf4j.data.row.FieldNames.MESSAGES;
import static org.rlhf4j.data.row.FieldNames.PROMPT;
import static org.rlhf4j.data.row.FieldNames.REJECTED;
import static org.rlhf4j.data.row.FieldNames.SYSTEM;
import static org.rlhf4j.data.row.FieldNames.TEXT;
import static org.rlhf4j.data.row.FieldNames.TOOLS;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.data.file.Fields;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * A row whose layout is told by all of its fields, with the fields that its layout has in ours:
 * {@code prompt, completion}, {@code messages}, {@code prompt, chosen, rejected} and so on.
 *
 * @param layout what it looks like; null where it is like nothing that is known
 * @param form that, for the report
 * @param given the fields as the file has them, under our names
 * @param fields in ours
 * @param read names of the given fields that the layout reads
 * @param notes what is worth a word
 */
record RecognisedRow(
    RowLayout layout, String form, Fields given, Fields fields, Set<String> read, RowNotes notes) {

  private static final List<String> DIALOGUES = List.of(MESSAGES, "conversations", "conversation");
  private static final List<String> LABELS = List.of("label", "kto_tag");
  private static final String LABELLED_STEPS = "labels";
  private static final String INSTRUCTION = "instruction";
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";
  private static final String PREFERRED = "preferred_output";
  private static final String UNPREFERRED = "non_preferred_output";
  private static final List<String> PAIR_SCORES =
      List.of("score_%s", "%s_score", "rating_%s", "%s_rating", "%s-rating");

  /**
   * Recognises a row.
   *
   * @param given its fields under our names
   * @throws org.rlhf4j.data.file.BadRowException if it has a layout that nothing trains on, or a
   *     list as text that can't be read
   */
  static RecognisedRow of(Fields given) {
    Fields parsed = TextLists.parsed(given);
    if (parsed.value(COMPLETIONS).isArray() && parsed.value(LABELLED_STEPS).isArray()) {
      throw given.bad(
          "stepwise supervision (completions are steps, and labels says which are right); no stage"
              + " trains on it: join the steps to a completion, or compare whole completions");
    }
    RowNotes notes = new RowNotes();
    RowLayout layout = layout(parsed);
    Set<String> read = new HashSet<>();
    Fields fields = ours(layout, parsed, read, notes);
    noteScores(parsed, notes);
    return new RecognisedRow(layout, form(layout, parsed), given, fields, read, notes);
  }

  private static String form(RowLayout layout, Fields row) {
    if (layout == null) {
      return ""; // every command finds such a row bad
    }
    return layout == RowLayout.UNPAIRED ? layout.fields() + " " + label(row) : layout.fields();
  }

  private static RowLayout layout(Fields row) {
    boolean pair = row.has(CHOSEN) || row.has(REJECTED);
    boolean dialogue = DIALOGUES.stream().anyMatch(row::has);
    if (row.has(PREFERRED) && row.has(UNPREFERRED) && row.value(INPUT).isObject()) {
      return RowLayout.OPENAI_PREFERENCE;
    }
    if (row.has(COMPLETIONS)) {
      return Scores.areIn(row) ? RowLayout.SCORED : RowLayout.RANKING;
    }
    if (pair && row.has(PROMPT)) {
      return RowLayout.COMPARISON;
    }
    if (pair && dialogue && !isDialogue(row.value(CHOSEN))) {
      return RowLayout.MESSAGES_COMPARISON;
    }
    if (pair) {
      return row.says(INSTRUCTION) ? RowLayout.ALPACA_COMPARISON : RowLayout.DIALOGUES;
    }
    if ((row.has(COMPLETION) || dialogue) && !label(row).isEmpty()) {
      return RowLayout.UNPAIRED;
    }
    if (row.has(COMPLETION)) {
      return RowLayout.DEMONSTRATION;
    }
    if (row.has(MESSAGES)) {
      return row.has(PROMPT) ? RowLayout.ULTRACHAT : RowLayout.MESSAGES;
    }
    if (row.has(PROMPT)) {
      return RowLayout.PROMPT;
    }
    if (row.has(TEXT)) {
      return RowLayout.TEXT;
    }
    if (dialogue) {
      return RowLayout.SHAREGPT;
    }
    return row.says(INSTRUCTION) && row.has(OUTPUT) ? RowLayout.ALPACA : null;
  }

  /** Whether a value is a message list that begins with someone else than the assistant. */
  private static boolean isDialogue(JsonNode value) {
    return value.isArray()
        && value.path(0).isObject()
        && !MessageParser.role(value.path(0)).equals(ChatMessage.ASSISTANT);
  }

  /** Whether an answer is marked as good; empty where no field says that. */
  private static String label(Fields row) {
    for (String name : LABELS) {
      JsonNode value = row.value(name);
      String written = value.isValueNode() ? value.asText().strip().toLowerCase(Locale.ROOT) : "";
      if (written.equals("true") || written.equals("1")) {
        return "true";
      }
      if (written.equals("false") || written.equals("0")) {
        return "false";
      }
    }
    return "";
  }

  private static Fields ours(RowLayout layout, Fields row, Set<String> read, RowNotes notes) {
    if (layout == null) {
      return row;
    }
    return switch (layout) {
      case OPENAI_PREFERENCE -> openAi(row, read);
      case SCORED -> companions(Scores.ranked(row, read, notes), PROMPT, read, notes);
      case ALPACA -> alpaca(row, List.of(OUTPUT), read, notes);
      case ALPACA_COMPARISON -> alpaca(row, List.of(CHOSEN, REJECTED), read, notes);
      case MESSAGES, ULTRACHAT, SHAREGPT -> dialogue(row, read, notes);
      case MESSAGES_COMPARISON -> {
        Fields prompt = dialogue(row, read, notes);
        read.addAll(List.of(CHOSEN, REJECTED));
        yield prompt.with(PROMPT, prompt.value(MESSAGES), MESSAGES).leavingOut(MESSAGES);
      }
      case UNPAIRED -> {
        read.addAll(LABELS);
        yield row.has(COMPLETION) ? completed(row, read, notes) : dialogue(row, read, notes);
      }
      case DEMONSTRATION -> completed(row, read, notes);
      case TEXT -> {
        read.add(TEXT);
        yield row;
      }
      case PROMPT -> {
        // A row of a prompt and a text is a text where a demonstration is wanted.
        read.addAll(List.of(PROMPT, TEXT));
        yield companions(row, PROMPT, read, notes);
      }
      case COMPARISON, DIALOGUES, RANKING -> {
        read.addAll(List.of(PROMPT, CHOSEN, REJECTED, COMPLETIONS));
        yield companions(row, PROMPT, read, notes);
      }
      case STEPWISE -> throw new IllegalStateException("refused before");
    };
  }

  private static Fields openAi(Fields row, Set<String> read) {
    read.addAll(List.of(INPUT, PREFERRED, UNPREFERRED));
    JsonNode input = row.value(INPUT);
    Fields ours =
        row.with(PROMPT, input.path(MESSAGES), INPUT)
            .with(CHOSEN, row.value(PREFERRED), PREFERRED)
            .with(REJECTED, row.value(UNPREFERRED), UNPREFERRED);
    return input.has(TOOLS) ? ours.with(TOOLS, input.path(TOOLS), INPUT) : ours;
  }

  /** A completion of a prompt, or of the dialogue that stands in its place. */
  private static Fields completed(Fields row, Set<String> read, RowNotes notes) {
    read.add(COMPLETION);
    if (!row.has(PROMPT) && row.has(MESSAGES)) {
      Fields prompt = dialogue(row, read, notes);
      return prompt.with(PROMPT, prompt.value(MESSAGES), MESSAGES).leavingOut(MESSAGES);
    }
    read.add(PROMPT);
    return companions(row, PROMPT, read, notes);
  }

  private static Fields dialogue(Fields row, Set<String> read, RowNotes notes) {
    String name = DIALOGUES.stream().filter(row::has).findFirst().orElseThrow();
    read.add(name);
    if (row.value(name).isTextual()) {
      throw TextLists.unreadable(row, name);
    }
    Fields ours = row.with(MESSAGES, row.value(name), name).leavingOut(PROMPT);
    return companions(ours, MESSAGES, read, notes);
  }

  /** What the user says is the instruction and the input; a message list with what comes before. */
  private static Fields alpaca(Fields row, List<String> answers, Set<String> read, RowNotes notes) {
    read.addAll(List.of(INSTRUCTION, INPUT));
    read.addAll(answers);
    String said =
        Stream.of(INSTRUCTION, INPUT)
            .filter(row::says)
            .map(row::text)
            .reduce((instruction, input) -> instruction + "\n" + input)
            .orElseThrow();
    Dialogue dialogue = new Dialogue().user(said);
    if (answers.size() > 1) {
      Fields prompt = row.with(PROMPT, dialogue.messages(), INSTRUCTION);
      return companions(prompt, PROMPT, read, notes);
    }
    dialogue.assistant(row.text(answers.get(0)));
    Fields whole = row.with(MESSAGES, dialogue.messages(), INSTRUCTION);
    return companions(whole, MESSAGES, read, notes);
  }

  /**
   * Puts what stands beside a prompt or a dialogue into it: {@code system} and {@code history}. A
   * prompt that is text becomes what the user says, for only messages have a place for them and for
   * {@code tools}.
   */
  private static Fields companions(Fields row, String name, Set<String> read, RowNotes notes) {
    boolean beside = row.says(SYSTEM) || row.says(HISTORY) || row.says(TOOLS);
    boolean whole = !row.has(name); // chosen and rejected are dialogues
    if (!beside || isTranscript(row.value(whole ? CHOSEN : name))) {
      return row;
    }
    read.add(TOOLS);
    if (whole) {
      return withSystem(withSystem(row, CHOSEN, read), REJECTED, read);
    }
    JsonNode given = row.value(name);
    Dialogue before = new Dialogue();
    boolean hasSystem = given.isArray() && MessageParser.role(given.path(0)).equals(SYSTEM);
    if (row.says(SYSTEM) && !hasSystem) {
      read.add(SYSTEM);
      before.system(row.text(SYSTEM));
    }
    if (row.says(HISTORY)) {
      read.add(HISTORY);
      before.history(row.value(HISTORY), row.place(HISTORY));
    }
    if (given.isTextual()) {
      before.user(row.text(name));
      notes.remark("have what only messages have, so the prompt is what the user says");
    } else {
      before.add(given);
    }
    return row.with(name, before.messages(), name);
  }

  private static Fields withSystem(Fields row, String name, Set<String> read) {
    JsonNode dialogue = row.value(name);
    boolean begins = isDialogue(dialogue) && !MessageParser.role(dialogue.path(0)).equals(SYSTEM);
    if (!row.says(SYSTEM) || !begins) {
      return row;
    }
    read.add(SYSTEM);
    return row.with(name, new Dialogue().system(row.text(SYSTEM)).add(dialogue).messages(), name);
  }

  /** Whether a text says itself who speaks. */
  private static boolean isTranscript(JsonNode value) {
    return value.isTextual() && value.textValue().contains("Assistant:");
  }

  /** Scores of both sides are no part of a pair, but where they contradict it that is said. */
  private static void noteScores(Fields row, RowNotes notes) {
    for (String pattern : PAIR_SCORES) {
      JsonNode chosen = row.value(pattern.replace("%s", CHOSEN));
      JsonNode rejected = row.value(pattern.replace("%s", REJECTED));
      if (Scores.number(chosen) < Scores.number(rejected)) {
        notes.remark("give the chosen side the lower score");
      }
    }
  }

  /**
   * Fields that say something and that neither the layout nor the command reads.
   *
   * @param kind what the command wants
   */
  Set<String> ignored(RowKind<?> kind) {
    Set<String> ignored = new LinkedHashSet<>(notes.ignored());
    List<String> names = new ArrayList<>(given.given());
    names.removeIf(name -> read.contains(name) || kind.reads(name));
    ignored.addAll(names);
    return ignored;
  }

  /** Whether the row is given as messages. */
  boolean isMessages() {
    boolean dialogue = fields.has(MESSAGES) && !isComparison() && !fields.has(PROMPT);
    boolean list =
        Stream.of(PROMPT, COMPLETION, CHOSEN, REJECTED, COMPLETIONS)
            .anyMatch(name -> MessageParser.isMessages(fields.value(name)));
    return dialogue || list;
  }

  boolean isComparison() {
    return fields.has(CHOSEN) || fields.has(REJECTED) || fields.has(COMPLETIONS);
  }

  /** The text of a field; where there is none, the row is bad. */
  String text(String name) {
    if (!fields.has(name)) {
      throw given.bad("no \"" + name + "\" " + given.names() + "; add it");
    }
    return fields.text(name);
  }

  /** Messages of a field; a text in their place is a message of one role. */
  List<ChatMessage> messages(String name, String role) {
    if (!fields.has(name)) {
      throw given.bad("no \"" + name + "\" " + given.names() + "; add it");
    }
    return parser(name).messages(fields.value(name), role);
  }

  /** A list of message lists. */
  List<List<ChatMessage>> messageLists(String name, String role) {
    JsonNode lists = fields.value(name);
    if (!lists.isArray()) {
      throw Fields.wrong(name, "a list of message lists", lists, fields.place(name));
    }
    List<List<ChatMessage>> all = new ArrayList<>();
    lists.forEach(list -> all.add(parser(name).messages(list, role)));
    return all;
  }

  private MessageParser parser(String name) {
    return new MessageParser(name, fields.place(name), notes);
  }

  /** Descriptions of the functions that the assistant may call. */
  List<Object> tools() {
    JsonNode tools = fields.value(TOOLS);
    if (!fields.says(TOOLS) || !isMessages()) {
      return List.of();
    }
    if (!tools.isArray()) {
      throw Fields.wrong(TOOLS, "a list of functions", tools, fields.place(TOOLS));
    }
    List<Object> all = new ArrayList<>();
    tools.forEach(tool -> all.add(MessageParser.plain(tool)));
    return all;
  }
}
