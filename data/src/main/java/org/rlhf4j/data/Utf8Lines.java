package org.rlhf4j.data;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.rlhf4j.model.UserException;

/**
 * The lines of a file in strict UTF-8, unpacked where it is gzip, a leading byte-order mark cut.
 */
final class Utf8Lines implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  private final String file;
  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private long line;

  private Utf8Lines(String file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  static Utf8Lines open(Path path, boolean gzip) {
    String file = path.toString();
    InputStream raw = null;
    try {
      raw = Files.newInputStream(path);
      return new Utf8Lines(file, gzip ? new GZIPInputStream(raw, BUFFER) : raw);
    } catch (IOException e) {
      closeQuietly(raw, e);
      throw unreadable(new Location(file, 1, 1), e);
    }
  }

  String file() {
    return file;
  }

  /** The number of the line that {@link #next} returned last, from 1. */
  long line() {
    return line;
  }

  /**
   * Returns the next line with its line end, or null after the last.
   *
   * @throws BadRowException if the line isn't UTF-8; the next one can still be read
   */
  String next() {
    byte[] bytes = nextBytes();
    if (bytes.length == 0) {
      return null;
    }
    line++;
    String text = decode(bytes);
    return line == 1 && text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /** The rest of the file for a parser of its own; what isn't UTF-8 ends it. */
  Reader reader(String first) {
    return new Reader() {
      private String text = first;
      private int at;

      @Override
      public int read(char[] target, int offset, int length) {
        while (text != null && at == text.length()) {
          text = next();
          at = 0;
        }
        if (text == null) {
          return -1;
        }
        int count = Math.min(length, text.length() - at);
        text.getChars(at, at + count, target, offset);
        at += count;
        return count;
      }

      @Override
      public void close() {
        Utf8Lines.this.close();
      }
    };
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw unreadable(new Location(file, Math.max(line, 1), 1), e);
    }
  }

  private byte[] nextBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (position < limit || fill()) {
      int from = position;
      while (position < limit && buffer[position] != '\n') {
        position++;
      }
      boolean ended = position < limit;
      position += ended ? 1 : 0;
      bytes.write(buffer, from, position - from);
      if (ended) {
        break;
      }
    }
    return bytes.toByteArray();
  }

  private boolean fill() {
    try {
      position = 0;
      limit = Math.max(0, in.read(buffer));
      return limit > 0;
    } catch (IOException e) {
      limit = 0;
      throw unreadable(new Location(file, line + 1, 1), e);
    }
  }

  private String decode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer source = ByteBuffer.wrap(bytes);
    CharBuffer text = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(source, text, true);
    if (result.isError()) {
      throw new BadRowException(
          new Location(file, line, text.position() + 1),
          String.format("byte 0x%02X isn't UTF-8; save the file as UTF-8", source.get()));
    }
    return text.flip().toString();
  }

  private static UserException unreadable(Location location, IOException e) {
    String reason;
    if (e instanceof EOFException) {
      reason = "the gzip data ends early; copy or write the file again";
    } else if (e instanceof ZipException) {
      reason = "damaged gzip data (" + e.getMessage() + "); copy or write the file again";
    } else {
      reason = "can't be read (" + e.getMessage() + "); check the file";
    }
    return new UserException(location + ": " + reason, e);
  }

  private static void closeQuietly(InputStream in, IOException cause) {
    try {
      if (in != null) {
        in.close();
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}
