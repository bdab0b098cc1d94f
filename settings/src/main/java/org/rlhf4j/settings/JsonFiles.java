package org.rlhf4j.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
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

  private JsonFiles() {}

  /**
   * Reads a file whole.
   *
   * @param file the file
   * @return its bytes
   * @throws UserException if it can't be read
   */
  public static byte[] bytes(Path file) {
    try {
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
      throw new UserException(
          file
              + ":"
              + e.getLocation().getLineNr()
              + ":"
              + e.getLocation().getColumnNr()
              + ": not valid JSON; save the file again",
          e);
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e + "); check the file", e);
    }
  }
}
