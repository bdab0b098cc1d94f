package org.rlhf4j.model.chat;

import java.util.List;
import org.rlhf4j.jinja.Span;

/**
 * A dialogue as text.
 *
 * @param text all of it; where the last turn is the assistant's, up to the last token that follows
 *     it
 * @param assistant what the assistant says, the token that ends its turn included; in order
 */
public record RenderedChat(String text, List<Span> assistant) {

  /** Keeps an unmodifiable copy. */
  public RenderedChat {
    assistant = List.copyOf(assistant);
  }
}
