package org.rlhf4j.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rlhf4j.model.UserException;
import org.rlhf4j.model.jinja.Span;

/**
 * Finds what the assistant says in a rendered dialogue. Where the template marks it ({@code
 * generation}) that is it. Else a turn
 *
 * <ul>
 *   <li>begins where the prompt of the messages before it ends, so that training begins where
 *       sampling does; where the dialogue doesn't begin with that prompt (a template may open the
 *       turn otherwise when it samples), where its content begins;
 *   <li>ends after its content and the token that closes the turn. The content's end is found by
 *       rendering the dialogue with another content: what both texts end in comes after it. The
 *       token closes the turn if it follows the content in the dialogue that ends there too.
 * </ul>
 */
final class AssistantTurns {

  /** A content that no one writes: two characters for private use. */
  private static final String PROBE = "\uE0A1\uE0A2";

  private final ChatTemplate template;
  private final Set<String> tokens;

  AssistantTurns(ChatTemplate template, Set<String> tokens) {
    this.template = template;
    this.tokens = tokens;
  }

  /** The dialogue up to the end of its last turn, where that is the assistant's. */
  RenderedChat in(List<ChatMessage> messages, String text, List<Span> marked) {
    List<Span> spans = new ArrayList<>();
    if (marked.isEmpty()) {
      for (int i = 0; i < messages.size(); i++) {
        if (messages.get(i).isAssistant()) {
          spans.add(turn(messages, text, i));
        }
      }
    } else {
      marked.forEach(span -> spans.add(withoutSpaceAfterToken(text, span)));
    }
    return new RenderedChat(text.substring(0, end(messages, text, spans)), spans);
  }

  private int end(List<ChatMessage> messages, String text, List<Span> spans) {
    boolean answered = messages.get(messages.size() - 1).isAssistant() && !spans.isEmpty();
    if (!answered) {
      return text.length();
    }
    int last = spans.get(spans.size() - 1).end();
    return Math.max(last, last + tokenAfterSpace(text.substring(last)).length());
  }

  private Span turn(List<ChatMessage> messages, String text, int index) {
    String content = messages.get(index).content();
    Span place = content(messages, text, index);
    String prompt = prompt(messages.subList(0, index));
    boolean asSampled = !prompt.isEmpty() && text.startsWith(prompt);
    int begin = asSampled ? prompt.length() : place.begin();
    boolean found =
        begin <= place.end() && (asSampled || content.contains(text.substring(begin, place.end())));
    if (!found) {
      throw new UserException(
          "message "
              + (index + 1)
              + ": the chat template changes the assistant's words, so their place can't be told;"
              + " mark them in it with {% generation %} and {% endgeneration %}");
    }
    return new Span(begin, place.end() + closing(messages, text, index, place.end()));
  }

  /** The prompt of the messages before a turn; empty where the template refuses those alone. */
  private String prompt(List<ChatMessage> before) {
    try {
      return template.prompt(before);
    } catch (UserException e) {
      return "";
    }
  }

  /** What of a text another content of a message would change. */
  private Span content(List<ChatMessage> messages, String text, int index) {
    List<ChatMessage> probed = new ArrayList<>(messages);
    probed.set(index, new ChatMessage(messages.get(index).role(), PROBE));
    String other = template.render(probed, false).text();
    int limit = Math.min(text.length(), other.length());
    int begin = 0;
    while (begin < limit && text.charAt(begin) == other.charAt(begin)) {
      begin++;
    }
    int after = 0;
    while (after < limit - begin
        && text.charAt(text.length() - 1 - after) == other.charAt(other.length() - 1 - after)) {
      after++;
    }
    return new Span(begin, text.length() - after);
  }

  /** The length of what closes a turn after its content. */
  private int closing(List<ChatMessage> messages, String text, int index, int end) {
    String closing = tokenAfterSpace(text.substring(end));
    if (index < messages.size() - 1 && !closing.isEmpty()) {
      List<ChatMessage> alone = messages.subList(0, index + 1);
      String ending = template.render(alone, false).text();
      if (!ending.startsWith(closing, content(alone, ending, index).end())) {
        return 0;
      }
    }
    return closing.length();
  }

  /** The token that a text begins with, the space before it included; empty where it is none. */
  private String tokenAfterSpace(String text) {
    String rest = text.stripLeading();
    int space = text.length() - rest.length();
    int token = tokens.stream().filter(rest::startsWith).mapToInt(String::length).max().orElse(0);
    return token == 0 ? "" : text.substring(0, space + token);
  }

  private Span withoutSpaceAfterToken(String text, Span span) {
    String said = text.substring(span.begin(), span.end()).stripTrailing();
    return tokens.stream().anyMatch(said::endsWith)
        ? new Span(span.begin(), span.begin() + said.length())
        : span;
  }
}
