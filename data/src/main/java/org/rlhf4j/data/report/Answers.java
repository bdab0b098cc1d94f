package org.rlhf4j.data.report;

import java.util.List;
import java.util.stream.Stream;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.model.chat.ChatMessage;

/** What is odd about a row's completions: they can be meant, so they are kept and counted. */
final class Answers {

  private static final String USER = "\nHuman:";
  private static final String ASSISTANT = "\nAssistant:";

  private Answers() {}

  /** Whether a completion says nothing. */
  static boolean anyEmpty(Row row) {
    return row.messages().isPresent()
        ? dialogues(row).anyMatch(Answers::isSilent)
        : texts(row).anyMatch(String::isBlank);
  }

  /** Whether a completion ends in what the user says. */
  static boolean anyEndsInUser(Row row) {
    return row.messages().isPresent()
        ? dialogues(row).anyMatch(said -> !said.get(said.size() - 1).isAssistant())
        : texts(row).anyMatch(text -> text.lastIndexOf(USER) > text.lastIndexOf(ASSISTANT));
  }

  private static boolean isSilent(List<ChatMessage> said) {
    return said.stream()
        .anyMatch(message -> message.isContinuable() && message.content().isBlank());
  }

  private static Stream<List<ChatMessage>> dialogues(Row row) {
    return row.messages().stream()
        .flatMap(messages -> messages.completions().stream())
        .filter(said -> !said.isEmpty());
  }

  private static Stream<String> texts(Row row) {
    if (row instanceof Demonstration demonstration) {
      return Stream.of(demonstration.completion());
    }
    return row instanceof Comparison comparison
        ? comparison.completions().stream()
        : Stream.empty();
  }
}
