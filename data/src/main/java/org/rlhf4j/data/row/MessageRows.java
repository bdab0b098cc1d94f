package org.rlhf4j.data.row;

import static org.rlhf4j.data.row.FieldNames.ANSWER;
import static org.rlhf4j.data.row.FieldNames.CHOSEN;
import static org.rlhf4j.data.row.FieldNames.COMPLETION;
import static org.rlhf4j.data.row.FieldNames.COMPLETIONS;
import static org.rlhf4j.data.row.FieldNames.MESSAGES;
import static org.rlhf4j.data.row.FieldNames.PROMPT;
import static org.rlhf4j.data.row.FieldNames.REJECTED;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.data.file.Fields;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * Rows whose fields are message lists: {@code messages}, or a prompt and completions of which at
 * least one is a list. Text beside lists is the message of a user, as a prompt, or the assistant's.
 */
final class MessageRows {

  private static final String USER = "user";

  private MessageRows() {}

  /** Whether a row is given as messages. */
  static boolean isOne(Fields fields) {
    boolean dialogue = fields.has(MESSAGES) && !RowKind.isComparison(fields) && !fields.has(PROMPT);
    return dialogue
        || Stream.of(PROMPT, COMPLETION, CHOSEN, REJECTED, COMPLETIONS)
            .anyMatch(fields::isMessages);
  }

  static Row any(Fields fields, double margin) {
    if (RowKind.isComparison(fields)) {
      return comparison(fields, margin);
    }
    boolean answered = fields.has(COMPLETION) || endsWithAssistant(dialogue(fields));
    return answered ? demonstration(fields) : prompt(fields);
  }

  static Demonstration demonstration(Fields fields) {
    if (RowKind.isComparison(fields)) {
      return comparison(fields, 0).demonstration();
    }
    Messages messages =
        fields.has(COMPLETION) ? completions(fields, List.of(COMPLETION)) : answers(fields);
    if (messages.completions().get(0).stream().noneMatch(ChatMessage::isAssistant)) {
      throw fields.bad(
          "there is no message of the assistant to train on; add the assistant's answer");
    }
    return new Demonstration(
        Messages.transcript(messages.prompt()),
        Messages.transcript(messages.completions().get(0)),
        false,
        fields.location(),
        Optional.of(messages));
  }

  static Comparison comparison(Fields fields, double margin) {
    Messages messages;
    if (fields.has(COMPLETIONS)) {
      messages = ranking(fields);
    } else if (!RowKind.isComparison(fields)) {
      throw fields.bad(
          "not a comparison " + fields.names() + "; it needs chosen and rejected message lists");
    } else {
      messages = completions(fields, List.of(CHOSEN, REJECTED));
    }
    return new Comparison(
        Messages.transcript(messages.prompt()),
        messages.completions().stream().map(Messages::transcript).toList(),
        margin,
        fields.location(),
        Optional.of(messages),
        Map.of());
  }

  static PromptRow prompt(Fields fields) {
    List<ChatMessage> prompt;
    if (RowKind.isComparison(fields)) {
      prompt = comparison(fields, 0).messages().orElseThrow().prompt();
    } else if (fields.has(COMPLETION)) {
      prompt = completions(fields, List.of(COMPLETION)).prompt();
    } else {
      List<ChatMessage> dialogue = dialogue(fields);
      boolean answered = endsWithAssistant(dialogue);
      prompt = answered ? dialogue.subList(0, dialogue.size() - 1) : dialogue;
    }
    return new PromptRow(
        Messages.transcript(prompt),
        fields.scalar(ANSWER),
        fields.location(),
        Optional.of(new Messages(prompt, List.of())),
        Map.of());
  }

  /** A dialogue: its prompt ends where the assistant first speaks. */
  private static Messages answers(Fields fields) {
    List<ChatMessage> all = dialogue(fields);
    int first = 0;
    while (first < all.size() && !all.get(first).isAssistant()) {
      first++;
    }
    return new Messages(all.subList(0, first), List.of(all.subList(first, all.size())));
  }

  private static List<ChatMessage> dialogue(Fields fields) {
    return fields.has(MESSAGES) && !fields.has(PROMPT)
        ? fields.messages(MESSAGES, USER)
        : fields.messages(PROMPT, USER);
  }

  private static boolean endsWithAssistant(List<ChatMessage> messages) {
    return messages.get(messages.size() - 1).isAssistant();
  }

  private static Messages ranking(Fields fields) {
    List<List<ChatMessage>> completions = fields.messageLists(COMPLETIONS, ChatMessage.ASSISTANT);
    if (completions.size() < 2) {
      throw fields.bad("\"completions\" lists fewer than two; give at least two, best first");
    }
    return new Messages(fields.messages(PROMPT, USER), completions);
  }

  /** A prompt and what follows it; without a prompt, or with one that is repeated, dialogues. */
  private static Messages completions(Fields fields, List<String> names) {
    List<List<ChatMessage>> given =
        names.stream().map(name -> fields.messages(name, ChatMessage.ASSISTANT)).toList();
    if (!fields.has(PROMPT)) {
      return split(fields, given);
    }
    List<ChatMessage> prompt = fields.messages(PROMPT, USER);
    boolean repeated = given.stream().allMatch(all -> all.size() > 1 && beginsWith(all, prompt));
    return repeated ? split(fields, given) : new Messages(prompt, given);
  }

  private static boolean beginsWith(List<ChatMessage> all, List<ChatMessage> prompt) {
    int size = prompt.size();
    return all.size() > size && all.subList(0, size).equals(prompt);
  }

  /** Whole dialogues: what they share up to an answer of the assistant's is the prompt. */
  private static Messages split(Fields fields, List<List<ChatMessage>> dialogues) {
    int shared = dialogues.stream().mapToInt(List::size).min().orElseThrow() - 1;
    while (shared >= 0 && !isSharedPrompt(dialogues, shared)) {
      shared--;
    }
    if (shared < 0) {
      throw fields.bad("the dialogues share no prompt that the assistant answers; give a prompt");
    }
    int begin = shared;
    return new Messages(
        dialogues.get(0).subList(0, begin),
        dialogues.stream().map(all -> all.subList(begin, all.size())).toList());
  }

  private static boolean isSharedPrompt(List<List<ChatMessage>> dialogues, int size) {
    List<ChatMessage> prompt = dialogues.get(0).subList(0, size);
    return dialogues.stream()
        .allMatch(all -> all.get(size).isAssistant() && all.subList(0, size).equals(prompt));
  }
}
