package org.rlhf4j.data.file;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.ContentReference;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rlhf4j.settings.UserException;

/**
 * Rows as JSON objects: one a line, each over several lines, all in one array, or in an array that
 * is a field of an object ({@code data}).
 */
final class JsonRows implements RowSource {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS) // as Python writes them
          .build();

  /** Names of a field with rows in it. */
  private static final List<String> WRAPPERS =
      List.of("data", "rows", "train", "examples", "instances", "items", "records", "samples");

  private static final Pattern WRAPPED =
      Pattern.compile("\\{[^\\[\\]{}]*\"(" + String.join("|", WRAPPERS) + ")\"\\s*:\\s*\\[\\s*\\{");

  /** How the first line of an object ends that goes on in the next. */
  private static final Pattern OPEN_LINE = Pattern.compile("[^\n]*[{\\[,]\\s*\n");

  private static final JsonLocation ROW_BEGIN =
      new JsonLocation(ContentReference.unknown(), 0, 1, 1);

  private final TextLines lines;
  private boolean started;
  private JsonParser array;
  private boolean single; // whether the parser stands among objects and not in an array
  private String wrapper = ""; // the field whose array the parser is in
  private long firstLine;

  JsonRows(TextLines lines) {
    this.lines = lines;
  }

  @Override
  public Fields next() {
    if (array != null) {
      return nextOfArray();
    }
    if (!started) {
      String beginning = lines.beginning();
      boolean objects =
          beginning.startsWith("{")
              && (OPEN_LINE.matcher(beginning).lookingAt()
                  || WRAPPED.matcher(beginning).lookingAt());
      if (beginning.startsWith("[") || objects) {
        return open(objects);
      }
    }
    started = true;
    String line = lines.next();
    while (line != null && line.isBlank()) {
      line = lines.next();
    }
    if (line == null) {
      return null;
    }
    firstLine = lines.line();
    return parseLine(line);
  }

  @Override
  public void close() {
    lines.close();
  }

  private Fields parseLine(String line) {
    try (JsonParser parser = JSON.createParser(new StringReader(line.stripTrailing()))) {
      parser.nextToken();
      Fields fields = object(parser);
      if (parser.nextToken() != null) {
        throw new BadRowException(
            place(parser.currentTokenLocation()),
            "more than one value on the line; put each row on a line of its own");
      }
      return fields;
    } catch (JsonProcessingException e) {
      throw new BadRowException(place(e, ROW_BEGIN), malformed(e));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Fields open(boolean objects) {
    try {
      firstLine = 1;
      single = objects;
      array = JSON.createParser(lines.reader());
      if (!objects) {
        array.nextToken();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return nextOfArray();
  }

  private Fields nextOfArray() {
    lines.rowBegins();
    try {
      JsonToken token = array.nextToken();
      if (token == JsonToken.END_ARRAY && !wrapper.isEmpty()) {
        endWrapper();
        return nextOfArray();
      }
      if (token == JsonToken.END_ARRAY) {
        requireEnd();
      }
      if (token == JsonToken.END_ARRAY || token == null) {
        return null;
      }
      Fields row = element();
      return row == null ? nextOfArray() : row;
    } catch (JsonProcessingException e) {
      throw new UserException(place(e, array.currentLocation()) + ": " + malformed(e), e);
    } catch (IOException e) {
      throw new UserException(lines.file() + ": can't be read (" + e.getMessage() + ")", e);
    }
  }

  /** What follows the array, rows perhaps, isn't dropped in silence. */
  private void requireEnd() throws IOException {
    if (array.nextToken() != null) {
      throw new UserException(
          place(array.currentTokenLocation())
              + ": something follows the end of the array; put all rows into one array, or each row"
              + " on its own line");
    }
  }

  /** Goes to the end of the object whose rows were read. */
  private void endWrapper() throws IOException {
    while (array.nextToken() == JsonToken.FIELD_NAME) {
      String name = array.currentName();
      if (array.nextToken() == JsonToken.START_ARRAY && WRAPPERS.contains(name)) {
        throw new UserException(
            place(array.currentTokenLocation())
                + ": rows in \""
                + wrapper
                + "\" and in \""
                + name
                + "\"; put each into a file of its own");
      }
      array.skipChildren();
    }
    wrapper = "";
  }

  /** Reads an element of the array; the parser ends behind it where it is no object, too. */
  private Fields element() throws IOException {
    try {
      return object(array);
    } catch (BadRowException e) {
      array.skipChildren();
      throw e;
    }
  }

  /** Reads the object that the parser stands at. */
  private Fields object(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw notAnObject(parser);
    }
    Fields fields = new Fields(place(parser.currentTokenLocation()), false);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      Location place = place(parser.currentTokenLocation());
      if (parser == array && mayWrap(name, fields)) {
        ArrayNode list = JSON.getNodeFactory().arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          if (list.isEmpty() && parser.currentToken() == JsonToken.START_OBJECT) {
            wrapper = name;
            return object(parser);
          }
          list.add((JsonNode) JSON.readTree(parser));
        }
        fields.put(name, list, place);
        continue;
      }
      JsonNode value = JSON.readTree(parser);
      fields.put(name, value, place);
    }
    return fields;
  }

  /** Whether a list among a single object's fields may be the rows. */
  private boolean mayWrap(String name, Fields before) {
    return single
        && wrapper.isEmpty()
        && WRAPPERS.contains(name)
        && array.currentToken() == JsonToken.START_ARRAY
        && Stream.of("prompt", "text", "messages", "chosen").noneMatch(before::has);
  }

  private BadRowException notAnObject(JsonParser parser) {
    return new BadRowException(
        place(parser.currentTokenLocation()),
        "not a JSON object; write each row as {\"prompt\": …}");
  }

  /** Where a fault is; one that breaks a limit of the parser's (depth, digits) doesn't say. */
  private Location place(JsonProcessingException e, JsonLocation otherwise) {
    return place(e.getLocation() == null ? otherwise : e.getLocation());
  }

  private Location place(JsonLocation location) {
    return new Location(lines.file(), firstLine + location.getLineNr() - 1, location.getColumnNr());
  }

  private static String malformed(JsonProcessingException e) {
    String what =
        e.getOriginalMessage()
            .replaceAll("(?s) \\(start marker at .*|\n.*", "")
            .replaceAll("(: enable|, from) `[^`]*`( to allow)?", ""); // advice to programmers
    return "malformed JSON (" + what + "); correct the row";
  }
}
