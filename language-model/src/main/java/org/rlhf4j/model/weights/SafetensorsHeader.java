package org.rlhf4j.model.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.UserException;

/** The header of a safetensors file, as strict as the reference library is. */
final class SafetensorsHeader {

  /** A name that is there twice, or text behind the header, is refused. */
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private SafetensorsHeader() {}

  /**
   * Reads a header.
   *
   * @param file for messages
   * @param text JSON
   * @param start where the tensors begin in the file
   * @param length of the file
   * @return the tensors by name, in the order in which they lie
   * @throws UserException if it isn't a header, or doesn't fit the file
   */
  static Map<String, Safetensors.Entry> parse(Path file, String text, long start, long length) {
    JsonNode header = header(file, text);
    List<Map.Entry<String, Safetensors.Entry>> found = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        found.add(
            Map.entry(
                field.getKey(), entry(file, field.getKey(), field.getValue(), start, length)));
      }
    }
    found.sort(
        Map.Entry.comparingByValue(
            Comparator.comparingLong(Safetensors.Entry::offset)
                .thenComparingLong(Safetensors.Entry::end)));
    Map<String, Safetensors.Entry> entries = new LinkedHashMap<>();
    long end = start;
    for (Map.Entry<String, Safetensors.Entry> next : found) {
      if (next.getValue().offset() < end) {
        throw damaged(file, "tensor " + next.getKey() + " overlaps another");
      }
      if (next.getValue().offset() > end) {
        throw damaged(file, "bytes before tensor " + next.getKey() + " belong to none");
      }
      end = next.getValue().end();
      entries.put(next.getKey(), next.getValue());
    }
    if (end < length) {
      throw damaged(file, (length - end) + " bytes after the last tensor");
    }
    return entries;
  }

  private static JsonNode header(Path file, String text) {
    try {
      JsonNode header = JSON.readTree(text);
      if (header.isObject()) {
        return header;
      }
    } catch (JsonProcessingException e) {
      throw damaged(file, "its header isn't JSON");
    }
    throw damaged(file, "its header isn't a JSON object");
  }

  private static Safetensors.Entry entry(
      Path file, String name, JsonNode json, long start, long length) {
    Safetensors.Type type = type(file, name, json.path("dtype").asText());
    List<Long> shape = new ArrayList<>();
    json.path("shape").forEach(dimension -> shape.add(whole(dimension)));
    long from = whole(json.path("data_offsets").path(0));
    long to = whole(json.path("data_offsets").path(1));
    Safetensors.Entry entry = new Safetensors.Entry(type, List.copyOf(shape), start + from);
    boolean sized;
    try {
      sized =
          json.path("shape").isArray()
              && shape.stream().noneMatch(dimension -> dimension < 0)
              && Math.multiplyExact(entry.elements(), (long) type.bytes) == to - from;
    } catch (ArithmeticException e) {
      sized = false;
    }
    if (!sized || from < 0 || to < from || to > length - start || to - from > Integer.MAX_VALUE) {
      throw damaged(
          file, "tensor " + name + " of shape " + shape + " claims bytes " + from + " to " + to);
    }
    return entry;
  }

  /** A number of the header; -1, which is none, for what isn't a whole number. */
  private static long whole(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToLong() ? number.longValue() : -1;
  }

  private static Safetensors.Type type(Path file, String name, String dtype) {
    for (Safetensors.Type type : Safetensors.Type.values()) {
      if (type.name().equals(dtype)) {
        return type;
      }
    }
    throw unread(file, name, dtype);
  }

  static UserException unread(Path file, String name, String dtype) {
    return new UserException(
        file + ": tensor " + name + " is " + dtype + "; F32, BF16 and F16 are read");
  }

  static UserException damaged(Path file, String what) {
    return new UserException(
        file + ": this isn't a whole safetensors file (" + what + "); download it again");
  }
}
