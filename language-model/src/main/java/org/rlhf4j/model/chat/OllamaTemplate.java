package org.rlhf4j.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.settings.UserException;

/**
 * A chat template in Ollama's language (Go's text/template), made from what the model's own
 * template writes around messages. It writes the same text as that one, if that one always writes
 * the same around a message of a role.
 */
public final class OllamaTemplate {
  private static final String SYSTEM = "qzsystemzq";
  private static final String USER = "qzuserzq";
  private static final String ASSISTANT = "qzassistantzq";
  private static final String LATER_USER = "qzlaterzq";

  private final ChatTemplate template;
  private final String bos;
  private String first; // before a first message that isn't the system's
  private String systemStart;
  private String systemEnd;
  private String userStart;
  private String userEnd; // with the beginning of the assistant's turn
  private String assistantEnd;

  private OllamaTemplate(ChatTemplate template, String bos) {
    this.template = template;
    this.bos = bos;
  }

  /**
   * Translates a template.
   *
   * @param template the model's
   * @param bos the text of the token that the tokenizer puts first by itself, or empty
   * @return the template, or nothing where it can't be written in Ollama's language this way
   */
  public static Optional<String> of(ChatTemplate template, String bos) {
    OllamaTemplate made = new OllamaTemplate(template, bos);
    return made.read() ? Optional.of(made.text()) : Optional.empty();
  }

  private boolean read() {
    List<String> one = pieces(List.of("user"), List.of(USER));
    List<String> more =
        pieces(List.of("user", "assistant", "user"), List.of(USER, ASSISTANT, LATER_USER));
    if (one.isEmpty() || more.isEmpty()) {
      return false;
    }
    String start = one.get(0);
    userEnd = one.get(1);
    String between = more.get(2);
    boolean alike =
        more.get(0).equals(start) && more.get(1).equals(userEnd) && more.get(3).equals(userEnd);
    List<String> withSystem =
        pieces(
            List.of("system", "user", "assistant", "user"),
            List.of(SYSTEM, USER, ASSISTANT, LATER_USER));
    userStart = commonEnd(start, between);
    if (!withSystem.isEmpty()) {
      userStart = commonEnd(userStart, withSystem.get(1));
      systemStart = withSystem.get(0);
      systemEnd = withoutEnd(withSystem.get(1), userStart);
      alike &=
          withSystem.get(2).equals(userEnd)
              && withSystem.get(3).equals(between)
              && withSystem.get(4).equals(userEnd);
    }
    first = withoutEnd(start, userStart);
    assistantEnd = withoutEnd(between, userStart);
    return alike && written().noneMatch(part -> part.contains("{{") || part.contains("\"\"\""));
  }

  private Stream<String> written() {
    return Stream.of(first, systemStart, systemEnd, userStart, userEnd, assistantEnd)
        .filter(Objects::nonNull);
  }

  /** What the template writes around contents, or nothing where it refuses or changes them. */
  private List<String> pieces(List<String> roles, List<String> contents) {
    List<ChatMessage> messages = new ArrayList<>();
    for (int i = 0; i < roles.size(); i++) {
      messages.add(new ChatMessage(roles.get(i), contents.get(i)));
    }
    String text;
    try {
      text = template.prompt(messages);
    } catch (UserException e) {
      return List.of();
    }
    String rest = !bos.isEmpty() && text.startsWith(bos) ? text.substring(bos.length()) : text;
    List<String> pieces = new ArrayList<>();
    for (String content : contents) {
      int at = rest.indexOf(content);
      if (at < 0) {
        return List.of();
      }
      pieces.add(rest.substring(0, at));
      rest = rest.substring(at + content.length());
    }
    pieces.add(rest);
    return contents.stream().anyMatch(rest::contains) ? List.of() : pieces;
  }

  private static String commonEnd(String one, String other) {
    int length = 0;
    while (length < Math.min(one.length(), other.length())
        && one.charAt(one.length() - 1 - length) == other.charAt(other.length() - 1 - length)) {
      length++;
    }
    return one.substring(one.length() - length);
  }

  private static String withoutEnd(String text, String end) {
    return text.substring(0, text.length() - end.length());
  }

  private String text() {
    StringBuilder out = new StringBuilder("{{ range $i, $m := .Messages }}");
    if (!first.isEmpty()) {
      out.append("{{ if and (eq $i 0) (ne $m.Role \"system\") }}")
          .append(first)
          .append("{{ end }}");
    }
    out.append("{{ if eq $m.Role \"user\" }}").append(userStart);
    out.append("{{ $m.Content }}").append(userEnd);
    if (systemStart != null) {
      out.append("{{ else if eq $m.Role \"system\" }}").append(systemStart);
      out.append("{{ $m.Content }}").append(systemEnd);
    }
    out.append("{{ else if eq $m.Role \"assistant\" }}{{ $m.Content }}");
    out.append("{{ if gt (len (slice $.Messages $i)) 1 }}").append(assistantEnd);
    return out.append("{{ end }}{{ end }}{{ end }}").toString();
  }
}
