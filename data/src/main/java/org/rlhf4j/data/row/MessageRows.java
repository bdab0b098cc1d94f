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
import org.rlhf4j.model.chat.ChatMessage;

/**
 * Rows whose fields are message lists: {@code messages}, or a prompt and completions of which at
 * least one is a list. Text beside lists is the message of a user, as a prompt, or the assistant's.
 */
final class MessageRows {

  private MessageRows() {}

  static Row any(RecognisedRow row, double margin) {
    if (row.isComparison()) {
      return comparison(row, margin);
    }
    boolean answered = row.fields().has(COMPLETION) || endsWithAssistant(dialogue(row));
    return answered ? demonstration(row) : prompt(row);
  }

  static Demonstration demonstration(RecognisedRow row) {
    if (row.isComparison()) {
      return comparison(row, 0).demonstration();
    }
    Messages messages =
        row.fields().has(COMPLETION) ? completions(row, List.of(COMPLETION)) : answers(row);
    List<ChatMessage> said = messages.completions().get(0);
    if (said.stream().noneMatch(ChatMessage::isAssistant)) {
      throw row.given()
          .bad("there is no message of the assistant to train on; add the assistant's answer");
    }
    if (said.stream().filter(ChatMessage::isAssistant).allMatch(ChatMessage::isContext)) {
      throw row.given()
          .bad(
              "every turn of the assistant has weight 0, so there is nothing to train on; leave the"
                  + " row out, or give a turn weight 1");
    }
    return new Demonstration(
        Messages.transcript(messages.prompt()),
        Messages.transcript(messages.completions().get(0)),
        false,
        row.fields().location(),
        Optional.of(messages));
  }

  static Comparison comparison(RecognisedRow row, double margin) {
    Messages messages;
    if (row.fields().has(COMPLETIONS)) {
      messages = ranking(row);
    } else if (!row.isComparison()) {
      throw row.given()
          .bad(
              "not a comparison "
                  + row.given().names()
                  + "; it needs chosen and rejected message lists");
    } else {
      messages = completions(row, List.of(CHOSEN, REJECTED));
    }
    return new Comparison(
        Messages.transcript(messages.prompt()),
        messages.completions().stream().map(Messages::transcript).toList(),
        margin,
        row.fields().location(),
        Optional.of(messages),
        Map.of());
  }

  static PromptRow prompt(RecognisedRow row) {
    List<ChatMessage> prompt;
    if (row.isComparison()) {
      prompt = comparison(row, 0).messages().orElseThrow().prompt();
    } else if (row.fields().has(COMPLETION)) {
      prompt = completions(row, List.of(COMPLETION)).prompt();
    } else {
      prompt = row.fields().has(PROMPT) ? dialogue(row) : unanswered(dialogue(row));
    }
    return new PromptRow(
        Messages.transcript(prompt),
        row.fields().scalar(ANSWER),
        row.fields().location(),
        Optional.of(new Messages(prompt, List.of(), row.tools())),
        Map.of());
  }

  /** A dialogue: its prompt ends where the assistant first speaks. */
  private static Messages answers(RecognisedRow row) {
    List<ChatMessage> all = dialogue(row);
    int first = 0;
    while (first < all.size() && !all.get(first).isAssistant()) {
      first++;
    }
    return new Messages(
        all.subList(0, first), List.of(all.subList(first, all.size())), row.tools());
  }

  private static List<ChatMessage> dialogue(RecognisedRow row) {
    return row.fields().has(MESSAGES) && !row.fields().has(PROMPT)
        ? row.messages(MESSAGES, ChatMessage.USER)
        : row.messages(PROMPT, ChatMessage.USER);
  }

  /** A dialogue up to its last answer. */
  private static List<ChatMessage> unanswered(List<ChatMessage> dialogue) {
    return endsWithAssistant(dialogue) ? dialogue.subList(0, dialogue.size() - 1) : dialogue;
  }

  private static boolean endsWithAssistant(List<ChatMessage> messages) {
    return messages.get(messages.size() - 1).isAssistant();
  }

  private static Messages ranking(RecognisedRow row) {
    List<List<ChatMessage>> completions = row.messageLists(COMPLETIONS, ChatMessage.ASSISTANT);
    if (completions.size() < 2) {
      throw row.given().bad("\"completions\" lists fewer than two; give at least two, best first");
    }
    return after(row, row.messages(PROMPT, ChatMessage.USER), completions);
  }

  private static Messages completions(RecognisedRow row, List<String> names) {
    List<List<ChatMessage>> given =
        names.stream().map(name -> row.messages(name, ChatMessage.ASSISTANT)).toList();
    return row.fields().has(PROMPT)
        ? after(row, row.messages(PROMPT, ChatMessage.USER), given)
        : split(row, given);
  }

  /**
   * A prompt and what follows it. Completions that begin as a dialogue does are whole dialogues:
   * they say the prompt themselves, and perhaps more before it.
   */
  private static Messages after(
      RecognisedRow row, List<ChatMessage> prompt, List<List<ChatMessage>> given) {
    if (given.stream().allMatch(all -> beginsWith(all, prompt))) {
      return split(row, given);
    }
    long whole = given.stream().filter(MessageRows::isWhole).count();
    if (whole == 0 || endsWithAssistant(prompt)) {
      return new Messages(prompt, given, row.tools());
    }
    if (whole == given.size()) {
      Messages split = split(row, given);
      if (endsWith(split.prompt(), prompt) || row.given().value(PROMPT).isTextual()) {
        row.notes().remark("have a prompt that the dialogues have too; it is taken once");
        return split;
      }
    }
    throw row.given()
        .bad(
            "the prompt ends with what the user says, and a completion begins with what the user"
                + " says; give whole dialogues without a prompt, or answers alone");
  }

  private static boolean isWhole(List<ChatMessage> messages) {
    String role = messages.get(0).role();
    return messages.size() > 1
        && (role.equals(ChatMessage.USER) || role.equals(ChatMessage.SYSTEM));
  }

  private static boolean beginsWith(List<ChatMessage> all, List<ChatMessage> prompt) {
    int size = prompt.size();
    return all.size() > size && all.subList(0, size).equals(prompt);
  }

  private static boolean endsWith(List<ChatMessage> all, List<ChatMessage> end) {
    int before = all.size() - end.size();
    return before >= 0 && all.subList(before, all.size()).equals(end);
  }

  /** Whole dialogues: what they share up to an answer of the assistant's is the prompt. */
  private static Messages split(RecognisedRow row, List<List<ChatMessage>> dialogues) {
    int shared = dialogues.stream().mapToInt(List::size).min().orElseThrow() - 1;
    while (shared >= 0 && !isSharedPrompt(dialogues, shared)) {
      shared--;
    }
    if (shared < 0) {
      throw row.given()
          .bad("the dialogues share no prompt that the assistant answers; give a prompt");
    }
    int begin = shared;
    return new Messages(
        dialogues.get(0).subList(0, begin),
        dialogues.stream().map(all -> all.subList(begin, all.size())).toList(),
        row.tools());
  }

  private static boolean isSharedPrompt(List<List<ChatMessage>> dialogues, int size) {
    List<ChatMessage> prompt = dialogues.get(0).subList(0, size);
    return dialogues.stream()
        .allMatch(all -> all.get(size).isAssistant() && all.subList(0, size).equals(prompt));
  }
}
