package org.rlhf4j.training.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.settings.UserException;

/**
 * A file of one JSON object per line, each with its {@code step}, that a run appends to: metrics,
 * samples, rollouts. A line is handed to the operating system whole, so a killed process loses none
 * and the last one alone can be torn when the machine stops.
 */
public final class StepLines implements AutoCloseable {

  static final String STEP = "step";

  // Its doubles are the same bits; a long log is read in two thirds of the time.
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build());

  private final Path file;
  private final FileChannel channel;
  private long length;

  /**
   * Opens the file for appending.
   *
   * @param file created where it doesn't exist
   * @throws IOException when it can't be opened
   */
  public StepLines(Path file) throws IOException {
    this.file = file;
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    length = channel.size();
  }

  /**
   * Appends one object.
   *
   * @param line an object with a {@code step}
   * @throws IOException when it can't be written
   */
  public void append(JsonNode line) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      length += channel.write(bytes);
    }
  }

  /**
   * Waits until all lines are on the disk.
   *
   * @throws UserException when someone else deleted or changed the file meanwhile
   * @throws IOException when they can't be written
   */
  public void sync() throws IOException {
    channel.force(false);
    if (!Files.exists(file) || Files.size(file) != length) {
      throw new UserException(
          file
              + ": was deleted or changed while a run writes to it; start anew with another"
              + " --output");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /**
   * Cuts a file back to the lines up to a step; the file is replaced whole. A torn line and what
   * follows it go too, unless that is of steps to keep. Nothing happens where there is no file.
   *
   * @param file one JSON object per line, steps ascending
   * @param step the last step to keep; of samples, which begin at step 0, -1 keeps nothing
   * @throws UserException when a line in the middle is damaged; the file stays as it is
   * @throws IOException when it can't be read or written
   */
  public static void cutBack(Path file, int step) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    AtomicFiles.writeFile(
        file,
        partial -> {
          try (BufferedReader from = lenientReader(file);
              BufferedWriter to = Files.newBufferedWriter(partial, StandardCharsets.UTF_8)) {
            int number = 1;
            String line = from.readLine();
            while (line != null && isAtMost(line, step)) {
              to.write(line);
              to.write('\n');
              line = from.readLine();
              number++;
            }
            if (line != null && !isAtMost(line, Integer.MAX_VALUE)) {
              requireNoneToKeep(from, step, file, number);
            }
          }
        });
  }

  /** A kill tears the last line alone: if one to keep follows, it was something else. */
  private static void requireNoneToKeep(BufferedReader rest, int step, Path file, int torn)
      throws IOException {
    for (String line = rest.readLine(); line != null; line = rest.readLine()) {
      if (isAtMost(line, step)) {
        throw damaged(file, torn);
      }
    }
  }

  private static UserException damaged(Path file, int line) {
    return new UserException(
        file
            + ":"
            + line
            + ":1: this isn't a JSON object with a whole number \"step\"; correct the line");
  }

  /**
   * Reads a file.
   *
   * @param file one JSON object per line
   * @return the objects, without a torn last line
   * @throws UserException when a line before the last isn't an object with a step
   * @throws IOException when it can't be read
   */
  public static List<ObjectNode> read(Path file) throws IOException {
    List<ObjectNode> read = new ArrayList<>();
    int number = 0;
    try (BufferedReader lines = lenientReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (isAtMost(line, Integer.MAX_VALUE)) {
          read.add((ObjectNode) JSON.readTree(line));
        } else if (lines.ready()) {
          throw damaged(file, number);
        }
      }
    }
    return read;
  }

  /** A torn line may end within a character, which a strict reader would refuse. */
  private static BufferedReader lenientReader(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
  }

  private static boolean isAtMost(String line, int step) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.path(STEP).isIntegralNumber() && node.path(STEP).asInt() <= step;
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
