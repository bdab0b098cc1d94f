package org.rlhf4j.data.row;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Fields;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * Messages as files write them: objects with {@code role} and {@code content}, or with ShareGPT's
 * {@code from} and {@code value}. Roles have several names. A content may be a list of texts. What
 * else a message has goes to the template if it knows it, else it is noted as ignored.
 */
final class MessageParser {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String TOOL = "tool";
  private static final String FUNCTION_CALL = "function_call";

  private static final Map<String, String> ROLES =
      Map.ofEntries(
          Map.entry("system", ChatMessage.SYSTEM),
          Map.entry("developer", "developer"),
          Map.entry("user", ChatMessage.USER),
          Map.entry("human", ChatMessage.USER),
          Map.entry("assistant", ChatMessage.ASSISTANT),
          Map.entry("gpt", ChatMessage.ASSISTANT),
          Map.entry("model", ChatMessage.ASSISTANT),
          Map.entry("bot", ChatMessage.ASSISTANT),
          Map.entry(FUNCTION_CALL, ChatMessage.ASSISTANT),
          Map.entry("function", "function"),
          Map.entry(TOOL, TOOL),
          Map.entry("observation", TOOL));

  /** Names of roles for a message, in an order that people expect. */
  private static final String ROLE_NAMES =
      "system, developer, user or human, assistant, gpt, model or bot, tool or observation,"
          + " function, function_call";

  private static final Set<String> PASSED_ON =
      Set.of("name", "tool_call_id", "reasoning_content", "reasoning", "thinking");

  private final String field;
  private final Location place;
  private final RowNotes notes;

  MessageParser(String field, Location place, RowNotes notes) {
    this.field = field;
    this.place = place;
    this.notes = notes;
  }

  /** Whether a value is a message, a list of them, or a list of such lists. */
  static boolean isMessages(JsonNode value) {
    return isMessage(value)
        || (value.isArray() && (value.path(0).isObject() || value.path(0).path(0).isObject()));
  }

  private static boolean isMessage(JsonNode value) {
    return value.isObject() && (value.has("role") || value.has("from"));
  }

  /** The role of a message as a file has it; empty where it has none. */
  static String role(JsonNode message) {
    JsonNode role = message.has("role") ? message.path("role") : message.path("from");
    return ROLES.getOrDefault(role.asText().strip().toLowerCase(Locale.ROOT), "");
  }

  /**
   * Reads messages.
   *
   * @param role whose message a text is that stands in their place
   */
  List<ChatMessage> messages(JsonNode value, String role) {
    if (value.isTextual()) {
      return List.of(new ChatMessage(role, Fields.text(field, value, place)));
    }
    if (isMessage(value)) {
      return List.of(message(value));
    }
    if (!value.isArray() || value.isEmpty()) {
      throw Fields.wrong(field, "a list of messages", value, place);
    }
    List<ChatMessage> messages = new ArrayList<>();
    value.forEach(message -> messages.add(message(message)));
    return messages;
  }

  private ChatMessage message(JsonNode message) {
    JsonNode role = message.has("role") ? message.path("role") : message.path("from");
    JsonNode content = message.has("content") ? message.path("content") : message.path("value");
    Map<String, Object> further = further(message);
    boolean silent =
        (content.isNull() || content.isMissingNode())
            && further.containsKey(ChatMessage.TOOL_CALLS);
    if (!role.isTextual() || !(content.isTextual() || content.isArray() || silent)) {
      throw Fields.wrong(field, "messages with a role and a content, both strings", message, place);
    }
    String known = role(message);
    if (known.isEmpty()) {
      throw new BadRowException(
          place,
          "\""
              + field
              + "\" has a message of role \""
              + role.textValue()
              + "\", which no one has; use one of "
              + ROLE_NAMES);
    }
    if (role.textValue().strip().toLowerCase(Locale.ROOT).equals(FUNCTION_CALL)) {
      further.put(ChatMessage.TOOL_CALLS, calls(called(content)));
      further.put("content", null);
      return new ChatMessage(known, "", further);
    }
    if (silent) {
      further.put("content", null);
    }
    return new ChatMessage(known, silent ? "" : content(content), further);
  }

  /** A text, or the text of each part one after another. */
  private String content(JsonNode content) {
    if (content.isTextual()) {
      return Fields.text("content", content, place);
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
        throw new BadRowException(
            place,
            "\""
                + field
                + "\" has a content with a part of type \""
                + part.path("type").asText("unknown")
                + "\"; only text can be read");
      }
      text.append(Fields.text("content", part.path("text"), place));
    }
    return text.toString();
  }

  /** What a template may see beside role and content; what says nothing counts as absent. */
  private Map<String, Object> further(JsonNode message) {
    Map<String, Object> further = new LinkedHashMap<>();
    for (var entry : message.properties()) {
      String name = entry.getKey();
      JsonNode value = entry.getValue();
      boolean said = Stream.of("role", "content", "from", "value").anyMatch(name::equals);
      if (said || saysNothing(value)) {
        continue;
      }
      if (name.equals(ChatMessage.TOOL_CALLS)) {
        further.put(name, calls(value));
      } else if (name.equals(FUNCTION_CALL)) {
        further.put(ChatMessage.TOOL_CALLS, calls(NODES.arrayNode().add(value)));
      } else if (name.equals(ChatMessage.WEIGHT)) {
        further.put(name, weight(value));
      } else if (PASSED_ON.contains(name)) {
        further.put(name, plain(value));
      } else {
        notes.ignore(field + "[]." + name);
      }
    }
    return further;
  }

  private static boolean saysNothing(JsonNode value) {
    return value.isNull()
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isContainerNode() && value.isEmpty());
  }

  private int weight(JsonNode value) {
    if (!value.isNumber() || (value.doubleValue() != 0 && value.doubleValue() != 1)) {
      throw new BadRowException(
          place, "\"" + field + "\" has a message of weight " + value + "; give 0 or 1");
    }
    return value.intValue();
  }

  /** ShareGPT's call: the JSON of one, or of a list of them, as a text. */
  private JsonNode called(JsonNode content) {
    JsonNode call = ListText.parse(content.asText()).orElse(content);
    return call.isArray() ? call : NODES.arrayNode().add(call);
  }

  /**
   * Calls as templates expect them: under {@code function}, with the arguments as an object. OpenAI
   * writes the arguments as JSON in a text, which a template would quote once more.
   */
  private Object calls(JsonNode calls) {
    ArrayNode functions = NODES.arrayNode();
    for (JsonNode call : calls) {
      JsonNode function = call.has("function") ? call.path("function") : call;
      if (!function.path("name").isTextual()) {
        throw Fields.wrong(field, "messages whose tool calls name a function", calls, place);
      }
      ObjectNode one = call.has("function") ? call.deepCopy() : NODES.objectNode();
      one.put("type", "function");
      ObjectNode named = function.deepCopy();
      JsonNode arguments = function.path("arguments");
      if (arguments.isTextual()) {
        ListText.parse(arguments.textValue())
            .filter(JsonNode::isObject)
            .ifPresent(object -> named.set("arguments", object));
      }
      one.set("function", named);
      functions.add(one);
    }
    if (functions.isEmpty()) {
      throw Fields.wrong(field, "messages whose tool calls are a list", calls, place);
    }
    return plain(functions);
  }

  /** A value as Java has it, without nulls, which Arrow puts where another row has something. */
  static Object plain(JsonNode value) {
    if (value.isObject()) {
      Map<String, Object> object = new LinkedHashMap<>();
      for (var entry : value.properties()) {
        if (!entry.getValue().isNull()) {
          object.put(entry.getKey(), plain(entry.getValue()));
        }
      }
      return object;
    }
    if (value.isArray()) {
      List<Object> list = new ArrayList<>();
      value.forEach(element -> list.add(plain(element)));
      return list;
    }
    return JSON.convertValue(value, Object.class);
  }
}
