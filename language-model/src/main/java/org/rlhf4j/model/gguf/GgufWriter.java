package org.rlhf4j.model.gguf;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes a GGUF file: metadata, where the tensors lie, and the tensors, each at a multiple of 32.
 */
final class GgufWriter {
  private final ByteArrayOutputStream header = new ByteArrayOutputStream();

  private GgufWriter() {}

  /**
   * Writes a file.
   *
   * @param file the file to create
   * @param metadata by key: an {@code Integer} (uint32), a {@code Float}, a {@code Boolean}, a
   *     {@code String}, or a list of one of these (integers as int32)
   * @param tensors in the order in which they are laid down
   * @throws IOException where it can't be written
   */
  static void write(Path file, Map<String, Object> metadata, List<WrittenTensor> tensors)
      throws IOException {
    GgufWriter writer = new GgufWriter();
    writer.header(metadata, tensors);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      writer.header.writeTo(out);
      out.write(new byte[padding(writer.header.size())]);
      for (WrittenTensor tensor : tensors) {
        tensor.writeTo(out);
        out.write(new byte[padding(tensor.bytes())]);
      }
    }
  }

  private void header(Map<String, Object> metadata, List<WrittenTensor> tensors) {
    u32(GgufFile.MAGIC);
    u32(GgufFile.VERSION);
    u64(tensors.size());
    u64(metadata.size());
    metadata.forEach(
        (key, value) -> {
          string(key);
          u32(type(value));
          value(value);
        });
    long offset = 0;
    for (WrittenTensor tensor : tensors) {
      string(tensor.name());
      List<Long> shape = tensor.shape();
      u32(shape.size());
      for (int i = shape.size() - 1; i >= 0; i--) {
        u64(shape.get(i));
      }
      u32(tensor.type().number());
      u64(offset);
      offset += tensor.bytes() + padding(tensor.bytes());
    }
  }

  private static int padding(long size) {
    return (int) ((GgufFile.ALIGNMENT - size % GgufFile.ALIGNMENT) % GgufFile.ALIGNMENT);
  }

  private static int type(Object value) {
    if (value instanceof Integer) {
      return 4;
    } else if (value instanceof Float) {
      return 6;
    } else if (value instanceof Boolean) {
      return 7;
    } else if (value instanceof String) {
      return 8;
    } else if (value instanceof List<?>) {
      return 9;
    }
    throw new IllegalArgumentException("a metadata value " + value);
  }

  private void value(Object value) {
    if (value instanceof Integer number) {
      u32(number);
    } else if (value instanceof Float number) {
      u32(Float.floatToRawIntBits(number));
    } else if (value instanceof Boolean flag) {
      header.write(flag ? 1 : 0);
    } else if (value instanceof String text) {
      string(text);
    } else {
      List<?> list = (List<?>) value;
      int type = type(list.get(0));
      u32(type == 4 ? 5 : type);
      u64(list.size());
      list.forEach(this::value);
    }
  }

  private void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    u64(utf8.length);
    header.writeBytes(utf8);
  }

  private void u32(int number) {
    header.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
  }

  private void u64(long number) {
    header.writeBytes(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array());
  }
}
