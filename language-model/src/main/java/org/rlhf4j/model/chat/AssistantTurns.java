package org.rlhf4j.model.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rlhf4j.jinja.Span;
import org.rlhf4j.settings.UserException;

/**
 * Finds what the assistant says in a rendered dialogue. Where the template marks it ({@code
 * generation}) that is it. Else a turn
 *
 * <ul>
 *   <li>begins where the prompt of the messages before it ends, so that training begins where
 *       sampling does; where no message is before it, or the dialogue doesn't begin with that
 *       prompt (a template may open a turn otherwise for sampling), where its content begins;
 *   <li>ends after its content and what closes the turn, tokens as a rule. The content's end is
 *       found by rendering the dialogue with another content: what both texts end in comes after
 *       it. That closes the turn which follows the content in the dialogue that ends there too.
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

  /** The dialogue without space at its end, where its last turn is the assistant's. */
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

  /** After the last turn and the tokens that follow it, such as an EOS on a line of its own. */
  private int end(List<ChatMessage> messages, String text, List<Span> spans) {
    boolean answered = messages.get(messages.size() - 1).isAssistant() && !spans.isEmpty();
    if (!answered) {
      return text.length();
    }
    int end = spans.get(spans.size() - 1).end();
    String tokens = tokensAfterSpace(text.substring(end));
    while (!tokens.isEmpty()) {
      end += tokens.length();
      tokens = tokensAfterSpace(text.substring(end));
    }
    return end;
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
              + ": the chat template changes the assistant's words, so they can't be found; mark"
              + " them in the template with {% generation %} and {% endgeneration %}");
    }
    return new Span(begin, place.end() + closing(messages, text, index, place.end()));
  }

  /** The prompt of the messages before a turn; empty where there are none or they are refused. */
  private String prompt(List<ChatMessage> before) {
    if (before.isEmpty()) {
      return "";
    }
    try {
      return template.prompt(before);
    } catch (UserException e) {
      return "";
    }
  }

  /** What of a text another content of a message, without tool calls or thoughts, would change. */
  private Span content(List<ChatMessage> messages, String text, int index) {
    List<ChatMessage> probed = new ArrayList<>(messages);
    probed.set(index, new ChatMessage(messages.get(index).role(), PROBE));
    String other = template.render(probed, false).text();
    if (!other.contains(PROBE)) {
      throw new UserException(
          "message "
              + (index + 1)
              + ": the chat template leaves out what the assistant says there; remove the message,"
              + " or change the template");
    }
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

  /**
   * The length of what closes a turn after its content, in the dialogue that ends there as in this
   * one: a token, or several side by side; where it begins with none, all but space at its end.
   */
  private int closing(List<ChatMessage> messages, String text, int index, int end) {
    String after = text.substring(end);
    String last = index == messages.size() - 1 ? after : afterLast(messages.subList(0, index + 1));
    String closingTokens = tokensAfterSpace(last);
    String closing = closingTokens.isEmpty() ? last.stripTrailing() : closingTokens;
    return after.startsWith(closing) ? closing.length() : 0;
  }

  /** What comes after the content of the last message. */
  private String afterLast(List<ChatMessage> messages) {
    String text = template.render(messages, false).text();
    return text.substring(content(messages, text, messages.size() - 1).end());
  }

  /** The tokens that a text begins with, the space before them included. */
  private String tokensAfterSpace(String text) {
    int end = text.length() - text.stripLeading().length();
    int token = token(text.substring(end));
    if (token == 0) {
      return "";
    }
    while (token > 0) {
      end += token;
      token = token(text.substring(end));
    }
    return text.substring(0, end);
  }

  /** The length of the token that a text begins with; 0 where it is none. */
  private int token(String text) {
    return tokens.stream().filter(text::startsWith).mapToInt(String::length).max().orElse(0);
  }

  private Span withoutSpaceAfterToken(String text, Span span) {
    String said = text.substring(span.begin(), span.end()).stripTrailing();
    Span without = new Span(span.begin(), span.begin() + said.length());
    return endsInToken(text, without) ? without : span;
  }

  private boolean endsInToken(String text, Span span) {
    String said = text.substring(span.begin(), span.end());
    return tokens.stream().anyMatch(said::endsWith);
  }
}
