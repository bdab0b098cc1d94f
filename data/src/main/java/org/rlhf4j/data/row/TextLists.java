package org.rlhf4j.data.row;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Fields;

/** Lists that a row has as text, as CSV must: they are parsed, or the row is refused. */
final class TextLists {

  /** Fields that are lists, so that text which begins as one is. */
  private static final List<String> LISTS =
      List.of(
          "messages",
          "conversations",
          "conversation",
          "preferred_output",
          "non_preferred_output",
          "completions",
          "tools",
          "history",
          "labels",
          "scores",
          "ratings",
          "rewards",
          "ranks");

  /** Fields of text: only what begins as a message list is one. */
  private static final List<String> TEXTS = List.of("prompt", "completion", "chosen", "rejected");

  private static final Pattern MESSAGES =
      Pattern.compile("(array\\()?\\[?\\s*\\{\\s*['\"](role|content|from|value)['\"]\\s*:");

  private TextLists() {}

  /** The row with its lists as lists; a text that is none is left to those who want a list. */
  static Fields parsed(Fields row) {
    Fields parsed = row;
    for (String name : LISTS) {
      if (text(row, name).startsWith("[") || text(row, name).startsWith("array(")) {
        parsed = list(row, name).map(of(parsed, name)).orElse(parsed);
      }
    }
    for (String name : TEXTS) {
      if (MESSAGES.matcher(text(row, name)).lookingAt()) {
        parsed = list(row, name).map(of(parsed, name)).orElseThrow(() -> unreadable(row, name));
      }
    }
    return row.has("preferred_output") && row.value("input").isTextual()
        ? list(row, "input").map(of(parsed, "input")).orElse(parsed)
        : parsed;
  }

  /** The failure where a list is wanted and a text is there. */
  static BadRowException unreadable(Fields row, String name) {
    return new BadRowException(
        row.place(name),
        "\""
            + name
            + "\" is a text where a list of messages belongs, and it can't be read as one;"
            + " write the list as JSON");
  }

  private static String text(Fields row, String name) {
    JsonNode value = row.value(name);
    return value.isTextual() ? value.textValue().strip() : "";
  }

  private static Optional<JsonNode> list(Fields row, String name) {
    return ListText.parse(text(row, name)).filter(JsonNode::isContainerNode);
  }

  private static Function<JsonNode, Fields> of(Fields row, String name) {
    return list -> row.with(name, list, name);
  }
}
