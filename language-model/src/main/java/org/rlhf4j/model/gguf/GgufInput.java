package org.rlhf4j.model.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.rlhf4j.settings.UserException;

/** Reads a GGUF file's header in order. What the file claims is checked before memory is taken. */
final class GgufInput {
  private static final int BUFFER = 1 << 16;
  private static final int MAX_STRING = 1 << 26;

  private final Path file;
  private final FileChannel channel;
  private final long length;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long next; // the first byte of the file that isn't in the buffer

  GgufInput(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.length = channel.size();
    buffer.limit(0);
  }

  long position() {
    return next - buffer.remaining();
  }

  Path file() {
    return file;
  }

  long length() {
    return length;
  }

  long remaining() {
    return length - position();
  }

  int u8() throws IOException {
    return require(1).get() & 0xff;
  }

  int u16() throws IOException {
    return require(2).getShort() & 0xffff;
  }

  long u32() throws IOException {
    return require(4).getInt() & 0xffffffffL;
  }

  /** An unsigned number, negative from 2⁶³ on. */
  long u64() throws IOException {
    return require(8).getLong();
  }

  float f32() throws IOException {
    return require(4).getFloat();
  }

  double f64() throws IOException {
    return require(8).getDouble();
  }

  /** How many of something follow, each of at least so many bytes. */
  int count(String what, int bytes) throws IOException {
    long count = u64();
    if (count < 0 || count > remaining() / bytes || count > Integer.MAX_VALUE - 8) {
      throw damaged("it claims " + Long.toUnsignedString(count) + " " + what);
    }
    return (int) count;
  }

  /** UTF-8 with its length before it. */
  String string(String what) throws IOException {
    int size = count("bytes of " + what, 1);
    if (size > MAX_STRING) {
      throw damaged("it claims " + size + " bytes of " + what);
    }
    byte[] bytes = new byte[size];
    for (int done = 0; done < size; ) {
      int part = Math.min(size - done, BUFFER);
      require(part).get(bytes, done, part);
      done += part;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw damaged(what + " isn't UTF-8");
    }
  }

  /** The error of a file that is cut or damaged. */
  UserException damaged(String what) {
    return damaged(file, what);
  }

  static UserException damaged(Path file, String what) {
    return new UserException(
        file + ": this isn't a whole GGUF file (" + what + "); download or write it again");
  }

  private ByteBuffer require(int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      buffer.compact();
      while (buffer.position() < bytes) {
        int read = channel.read(buffer, next);
        if (read < 0) {
          throw damaged("its header ends at byte " + length);
        }
        next += read;
      }
      buffer.flip();
    }
    return buffer;
  }
}
