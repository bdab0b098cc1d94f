package org.rlhf4j.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What a checkpoint's files hold, so that one which was damaged later is noticed: {@code
 * manifest.json} beside them. CRC-32C notices each single change of up to 32 bits in a row; it
 * isn't meant to withstand somebody who changes a file on purpose.
 *
 * @param step the checkpoint's step
 * @param files their names, with what they hold
 */
record CheckpointManifest(int step, Map<String, Content> files) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final String FILE = "manifest.json";
  private static final int BLOCK = 1 << 20;

  /** Orders the files by name. */
  CheckpointManifest {
    files = files == null ? Map.of() : new TreeMap<>(files);
  }

  /**
   * The content of a file.
   *
   * @param bytes its length
   * @param crc32c its checksum, eight hexadecimal digits
   */
  record Content(long bytes, String crc32c) {

    static Content of(Path file) throws IOException {
      CRC32C checksum = new CRC32C();
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
      long bytes = 0;
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        while (channel.read(block.clear()) >= 0) {
          bytes += block.flip().remaining();
          checksum.update(block);
        }
      }
      return new Content(bytes, String.format(Locale.ROOT, "%08x", checksum.getValue()));
    }
  }

  /** Writes the manifest of the files that a folder holds. */
  static void write(int step, Path folder) throws IOException {
    Map<String, Content> files = new TreeMap<>();
    for (Path file : AtomicFiles.list(folder)) {
      files.put(file.getFileName().toString(), Content.of(file));
    }
    Files.writeString(
        folder.resolve(FILE), JSON.writeValueAsString(new CheckpointManifest(step, files)) + "\n");
  }

  /**
   * What is damaged in a checkpoint's folder.
   *
   * @param step the step that it is of, by its name
   * @param folder the folder
   * @return the first file and what is wrong with it; empty if all is as it was written, or if the
   *     checkpoint is of a version that wrote no manifest
   */
  static Optional<String> damage(int step, Path folder) {
    if (!Files.exists(folder.resolve(FILE))) {
      return Optional.empty();
    }
    try {
      CheckpointManifest written =
          JSON.readValue(Files.readAllBytes(folder.resolve(FILE)), CheckpointManifest.class);
      if (written.step() != step) {
        return Optional.of(FILE + " is of step " + written.step());
      }
      if (!written.files().containsKey(Checkpoints.STATE)) {
        return Optional.of(FILE + " doesn't list " + Checkpoints.STATE);
      }
      for (Map.Entry<String, Content> file : written.files().entrySet()) {
        Path path = folder.resolve(file.getKey());
        if (!Files.isRegularFile(path)) {
          return Optional.of(file.getKey() + " is missing");
        }
        if (Files.size(path) != file.getValue().bytes()) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "%s has %d bytes and not %d",
                  file.getKey(),
                  Files.size(path),
                  file.getValue().bytes()));
        }
        if (!Content.of(path).equals(file.getValue())) {
          return Optional.of(file.getKey() + " has other bytes than were written");
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(FILE + " can't be read");
    }
  }
}
