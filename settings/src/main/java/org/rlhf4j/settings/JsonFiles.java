package org.rlhf4j.settings;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads JSON files, such as those of a model's folder; what can't be read is one line that says
 * where.
 */
public final class JsonFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final long LONGEST = 1L << 30;

  private JsonFiles() {}

  /**
   * Says what is wrong with a text that isn't JSON, or whose depth, numbers or texts are beyond
   * what is read.
   *
   * @param e what Jackson reports
   * @return a few words
   */
  public static String fault(JsonProcessingException e) {
    return e instanceof StreamConstraintsException
        ? "JSON beyond what is read (" + e.getOriginalMessage().replaceAll(" \\(`.*", ")") + ")"
        : "not valid JSON";
  }

  private static String place(Path file, JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null ? file + ":1:1" : file + ":" + at.getLineNr() + ":" + at.getColumnNr();
  }

  /**
   * Reads a file whole.
   *
   * @param file the file
   * @return its bytes
   * @throws UserException if it can't be read
   */
  public static byte[] bytes(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new UserException(file + ": not a regular file; name a JSON file");
    }
    try {
      if (Files.size(file) > LONGEST) {
        throw new UserException(
            file + ": larger than 1 GiB, which no JSON file of a model is; check the file");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e + "); check the file", e);
    }
  }

  /**
   * Reads JSON.
   *
   * @param file for messages
   * @param bytes what it holds
   * @return its root
   * @throws UserException if it isn't JSON
   */
  public static JsonNode parse(Path file, byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new UserException(place(file, e) + ": " + fault(e) + "; save the file again", e);
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e + "); check the file", e);
    }
  }
}
