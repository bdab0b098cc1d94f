package org.rlhf4j.training.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;
import org.rlhf4j.model.weights.ModelPath;

/** What a run reads, by its content: the same bytes under another name are the same input. */
public final class ContentHash {

  private ContentHash() {}

  /**
   * SHA-256 of a file, or of all files directly in a model's folder with their names.
   *
   * @param input a file, a folder, or the directory of a run, whose model counts
   * @return 64 hexadecimal digits; empty if it isn't there, or is a pipe that can be read only once
   * @throws IOException if it can't be read
   */
  public static Optional<String> of(Path input) throws IOException {
    MessageDigest digest = sha256();
    if (Files.isRegularFile(input)) {
      update(digest, input);
    } else if (Files.isDirectory(input)) {
      try (Stream<Path> files = Files.list(ModelPath.resolve(input))) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
          update(digest, file);
        }
      }
    } else {
      return Optional.empty();
    }
    return Optional.of(HexFormat.of().formatHex(digest.digest()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
