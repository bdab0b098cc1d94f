package org.rlhf4j.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A blob as far as it is there, hashed as it grows. */
final class PartialBlob implements AutoCloseable {

  private static final int BUFFER = 1 << 20;

  private final RemoteFile file;
  private final FileChannel channel;
  private MessageDigest digest;
  private long length;

  private PartialBlob(RemoteFile file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
    this.digest = digest(file);
  }

  /** Goes on with what an interrupted download left at a path, if anything. */
  static PartialBlob open(Path path, RemoteFile file) throws IOException {
    Files.createDirectories(path.getParent());
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    PartialBlob partial = new PartialBlob(file, channel);
    try {
      partial.hashWhatIsThere();
      return partial;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void hashWhatIsThere() throws IOException {
    if (channel.size() > file.size()) {
      channel.truncate(0);
    }
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (channel.read(buffer) >= 0) {
      length += buffer.position();
      digest.update(buffer.flip());
      buffer.clear();
    }
  }

  long length() {
    return length;
  }

  void append(byte[] bytes, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    digest.update(bytes, 0, count);
    length += count;
  }

  /** Throws away what is there. */
  void restart() throws IOException {
    channel.truncate(0);
    digest = digest(file);
    length = 0;
  }

  /** The hash of what is there; ends the hashing. */
  String hash() {
    return HexFormat.of().formatHex(digest.digest());
  }

  void sync() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Git hashes a blob with its length before it. */
  private static MessageDigest digest(RemoteFile file) {
    try {
      if (file.hasSha256()) {
        return MessageDigest.getInstance("SHA-256");
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(("blob " + file.size() + "\0").getBytes(StandardCharsets.US_ASCII));
      return digest;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
