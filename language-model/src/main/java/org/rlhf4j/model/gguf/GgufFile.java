package org.rlhf4j.model.gguf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.settings.UserException;

/**
 * A GGUF file's header: metadata, and where each tensor lies. Sizes and offsets are checked against
 * the file's length.
 *
 * @param file the file
 * @param metadata its keys
 * @param tensors its tensors by name, in the file's order
 */
record GgufFile(Path file, GgufMetadata metadata, Map<String, GgufTensor> tensors) {
  static final int MAGIC = 0x46554747; // "GGUF"
  static final int VERSION = 3;
  static final int ALIGNMENT = 32;
  private static final int MAX_DIMENSIONS = 4;
  private static final int MAX_NESTING = 4;

  /**
   * Reads a header.
   *
   * @throws UserException where the file isn't a whole GGUF file, or has what isn't read
   */
  static GgufFile open(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(file, new GgufInput(file, channel));
    } catch (NoSuchFileException e) {
      throw new UserException(file + ": no such file", e);
    } catch (IOException e) {
      throw new UserException(file + ": can't be read (" + e + "); check the file", e);
    }
  }

  private static GgufFile read(Path file, GgufInput in) throws IOException {
    if (in.u32() != MAGIC) {
      throw in.damaged("it doesn't begin with GGUF");
    }
    requireVersion(file, in.u32());
    int tensorCount = in.count("tensors", 8 + 4 + 8 + 4 + 8);
    int keyCount = in.count("keys", 8 + 4 + 1);
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < keyCount; i++) {
      String key = in.string("a key");
      if (values.put(key, value(in, key, in.u32(), 0)) != null) {
        throw in.damaged("the key " + key + " is there twice");
      }
    }
    GgufMetadata metadata = new GgufMetadata(file, values);
    requireWhole(metadata);
    return new GgufFile(file, metadata, tensors(in, metadata, tensorCount));
  }

  private static void requireVersion(Path file, long version) {
    if (version != 2 && version != VERSION) {
      boolean swapped = Integer.reverseBytes((int) version) <= VERSION;
      throw new UserException(
          file
              + (swapped ? ": is a big-endian GGUF file" : ": is a GGUF file of version " + version)
              + "; little-endian files of versions 2 and 3 are read");
    }
  }

  private static void requireWhole(GgufMetadata metadata) {
    int parts = metadata.id("split.count").orElse(1);
    if (parts > 1) {
      throw new UserException(
          metadata.file()
              + ": is one of "
              + parts
              + " files of a split model (split.count); join them with llama-gguf-split");
    }
  }

  private static Object value(GgufInput in, String key, long type, int depth) throws IOException {
    return switch ((int) Math.min(type, Integer.MAX_VALUE)) {
      case 0 -> (long) in.u8();
      case 1 -> (long) (byte) in.u8();
      case 2 -> (long) in.u16();
      case 3 -> (long) (short) in.u16();
      case 4 -> in.u32();
      case 5 -> (long) (int) in.u32();
      case 6 -> in.f32();
      case 7 -> in.u8() != 0;
      case 8 -> in.string(key);
      case 9 -> array(in, key, depth);
      case 10, 11 -> in.u64();
      case 12 -> in.f64();
      default -> throw in.damaged("the key " + key + " is of the unknown type " + type);
    };
  }

  private static List<Object> array(GgufInput in, String key, int depth) throws IOException {
    if (depth == MAX_NESTING) {
      throw in.damaged("the key " + key + " has lists in lists in lists");
    }
    long type = in.u32();
    int count = in.count("elements of " + key, elementBytes(type));
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(value(in, key, type, depth + 1));
    }
    return values;
  }

  /** The least that an element takes. */
  private static int elementBytes(long type) {
    return switch ((int) Math.min(type, Integer.MAX_VALUE)) {
      case 2, 3 -> 2;
      case 4, 5, 6 -> 4;
      case 8, 10, 11, 12 -> 8;
      case 9 -> 12;
      default -> 1;
    };
  }

  private static Map<String, GgufTensor> tensors(GgufInput in, GgufMetadata metadata, int count)
      throws IOException {
    int alignment = metadata.positive("general.alignment", ALIGNMENT);
    if (Integer.bitCount(alignment) != 1) {
      throw metadata.unfit("general.alignment", "a power of 2");
    }
    List<GgufTensor> relative = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      relative.add(tensor(in, alignment));
    }
    long start = (in.position() + alignment - 1) / alignment * alignment;
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (GgufTensor tensor : relative) {
      GgufTensor placed = placed(in, tensor, start);
      if (tensors.put(placed.name(), placed) != null) {
        throw in.damaged("the tensor " + placed.name() + " is there twice");
      }
    }
    requireApart(in, tensors);
    return tensors;
  }

  private static GgufTensor tensor(GgufInput in, int alignment) throws IOException {
    String name = in.string("a tensor's name");
    long dimensions = in.u32();
    if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
      throw in.damaged("the tensor " + name + " has " + dimensions + " dimensions");
    }
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      shape.add(0, in.u64());
    }
    long number = in.u32();
    GgufType type =
        GgufType.of(number)
            .orElseThrow(
                () ->
                    new UserException(
                        "%s: tensor %s is %s; %s are read"
                            .formatted(in.file(), name, GgufType.nameOf(number), GgufType.read())));
    long offset = in.u64();
    if (offset < 0 || offset % alignment != 0) {
      throw in.damaged(
          String.format(
              Locale.ROOT,
              "the tensor %s begins at byte %s of the data, which isn't a multiple of %d",
              name,
              Long.toUnsignedString(offset),
              alignment));
    }
    return new GgufTensor(name, type, List.copyOf(shape), offset);
  }

  /** The tensor with its place in the file instead of that in the data. */
  private static GgufTensor placed(GgufInput in, GgufTensor tensor, long start) {
    if (!isInside(tensor, in.length() - start)) {
      throw in.damaged(
          String.format(
              Locale.ROOT,
              "the tensor %s of shape %s at byte %d of the data lies outside its %d bytes",
              tensor.name(),
              tensor.shape(),
              tensor.offset(),
              Math.max(0, in.length() - start)));
    }
    if (tensor.columns() % tensor.type().blockSize() != 0) {
      throw in.damaged(
          String.format(
              Locale.ROOT,
              "the tensor %s is %s, which isn't whole blocks of %d",
              tensor.name(),
              tensor.shape(),
              tensor.type().blockSize()));
    }
    return new GgufTensor(tensor.name(), tensor.type(), tensor.shape(), start + tensor.offset());
  }

  private static boolean isInside(GgufTensor tensor, long length) {
    try {
      return tensor.shape().stream().allMatch(size -> size > 0 && size <= Integer.MAX_VALUE)
          && tensor.offset() <= length - tensor.type().bytes(tensor.elements());
    } catch (ArithmeticException e) {
      return false;
    }
  }

  private static void requireApart(GgufInput in, Map<String, GgufTensor> tensors) {
    long end = 0;
    for (GgufTensor tensor :
        tensors.values().stream().sorted(Comparator.comparingLong(GgufTensor::offset)).toList()) {
      if (tensor.offset() < end) {
        throw in.damaged("the tensor " + tensor.name() + " overlaps another");
      }
      end = tensor.end();
    }
  }
}
