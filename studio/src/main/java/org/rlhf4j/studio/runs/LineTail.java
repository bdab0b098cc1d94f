package org.rlhf4j.studio.runs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * The lines that were appended to a file since one last looked. A line counts once it has its end.
 * A file that became shorter or another one, as when a run goes on from a checkpoint, is read anew.
 */
final class LineTail {

  private static final int CHUNK = 1 << 22;

  /** Takes lines. */
  interface Lines {

    /** The file is another: what was taken so far is void. */
    void restart();

    /** A line, without its end: so many bytes from an offset. */
    void line(byte[] bytes, int offset, int length);
  }

  private final Path file;
  private final Lines lines;
  private Object key;
  private long offset;

  LineTail(Path file, Lines lines) {
    this.file = file;
    this.lines = lines;
  }

  /**
   * Reads on. Nothing happens where there is no file.
   *
   * @throws IOException if the file can't be read
   */
  void read() throws IOException {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      if (!Objects.equals(key, now.fileKey()) || now.size() < offset) {
        key = now.fileKey();
        offset = 0;
        lines.restart();
      }
      if (now.size() > offset) {
        readTo(now.size());
      }
    } catch (NoSuchFileException e) {
      offset = 0;
    }
  }

  private void readTo(long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      int chunk = CHUNK;
      while (offset < size) {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(chunk, size - offset));
        while (bytes.hasRemaining() && channel.read(bytes, offset + bytes.position()) >= 0) {}
        int whole = take(bytes.array(), bytes.position());
        if (whole == 0 && bytes.position() < size - offset) {
          chunk = Math.multiplyExact(2, chunk); // a line longer than that
        } else if (whole == 0) {
          return; // the last line has no end yet
        }
        offset += whole;
      }
    }
  }

  /** Hands over whole lines, and tells how many bytes they are. */
  private int take(byte[] bytes, int length) {
    int from = 0;
    for (int i = 0; i < length; i++) {
      if (bytes[i] == '\n') {
        lines.line(bytes, from, i - from);
        from = i + 1;
      }
    }
    return from;
  }
}
