package org.rlhf4j.model.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.settings.UserException;

/**
 * A safetensors file: eight bytes of header length, a JSON header that names each tensor's type,
 * shape and byte range, then the tensors, little-endian. The header's sizes and offsets are checked
 * before any memory is taken; tensors are read and written in blocks, so that the only large memory
 * is the network's own.
 */
public final class Safetensors implements TensorFile {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_HEADER = 100 << 20;

  /** The length that "version " is, with which a pointer of Git LFS begins. */
  private static final long POINTER = 0x206e6f6973726576L;

  private static final int BLOCK = 1 << 18; // floats copied at a time

  /** Element types: the first three are read, a tensor of another may lie in a file. */
  public enum Type {
    /** IEEE single precision. */
    F32(4),
    /** The upper half of a single-precision number. */
    BF16(2),
    /** IEEE half precision. */
    F16(2),
    /** IEEE double precision. */
    F64(8),
    /** Signed 64-bit integers. */
    I64(8),
    /** Signed 32-bit integers. */
    I32(4),
    /** Signed 16-bit integers. */
    I16(2),
    /** Signed bytes. */
    I8(1),
    /** Unsigned bytes. */
    U8(1),
    /** Truth values, a byte each. */
    BOOL(1);

    final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    int bytes() {
      return bytes;
    }
  }

  /**
   * Where a tensor lies.
   *
   * @param type its element type
   * @param shape its shape
   * @param offset its first byte in the file
   */
  public record Entry(Type type, List<Long> shape, long offset) {
    /** How many numbers it has. */
    public long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** The first byte after it. */
    long end() {
      return offset + elements() * type.bytes;
    }
  }

  private final Path file;
  private final Map<String, Entry> entries;

  private Safetensors(Path file, Map<String, Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Opens a file and checks its header.
   *
   * @param file a safetensors file
   * @return its tensors
   * @throws UserException where there is no such file, or it is damaged or of unread types
   */
  public static Safetensors open(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new UserException(file + ": not a regular file; name a safetensors file");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size();
      long header = length < 8 ? -1 : read(channel, 0, 8).getLong();
      if (header == POINTER) {
        throw new UserException(
            file
                + ": this is only Git LFS's pointer to the weights; `git lfs pull` downloads them");
      }
      if (header < 2 || header > MAX_HEADER || header > length - 8) {
        throw SafetensorsHeader.damaged(
            file, "the header's length is " + header + " in a file of " + length);
      }
      String text = StandardCharsets.UTF_8.decode(read(channel, 8, (int) header)).toString();
      return new Safetensors(file, SafetensorsHeader.parse(file, text, 8 + header, length));
    } catch (NoSuchFileException e) {
      throw new UserException(file + ": no such file");
    } catch (IOException e) {
      throw new UserException(file + ": can't be read: " + e.getMessage());
    }
  }

  /** The tensors in the file's order. */
  public Map<String, Entry> entries() {
    return entries;
  }

  @Override
  public Path file() {
    return file;
  }

  @Override
  public Set<String> names() {
    return entries.keySet();
  }

  @Override
  public List<Long> shape(String name) {
    return entries.get(name).shape();
  }

  @Override
  public void copy(String name, StridedTensor target) {
    Entry entry = entries.get(name);
    int block = blockRows(target);
    float[] values = new float[block * target.columns()];
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(values.length * entry.type().bytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long position = entry.offset();
      for (int row = 0; row < target.rows(); row += block) {
        int count = Math.min(block, target.rows() - row);
        bytes.clear().limit(count * target.columns() * entry.type().bytes);
        position += fill(channel, position, bytes);
        decode(name, entry.type(), bytes.flip(), values);
        target.put(row, count, values);
      }
    } catch (IOException e) {
      throw new UserException(file + ": can't be read: " + e.getMessage());
    }
  }

  /**
   * Whether a tensor has the shape and the numbers of another, whatever types they are of.
   *
   * @param name a tensor of this file
   * @param other this or another file
   * @param otherName a tensor of that one
   * @throws UserException where one of them can't be read
   */
  public boolean isSame(String name, Safetensors other, String otherName) {
    long elements = entries.get(name).elements();
    boolean same = shape(name).equals(other.shape(otherName));
    float[] values = new float[BLOCK];
    float[] others = new float[BLOCK];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        FileChannel second = FileChannel.open(other.file, StandardOpenOption.READ)) {
      for (long from = 0; same && from < elements; from += BLOCK) {
        int count = (int) Math.min(BLOCK, elements - from);
        read(channel, name, from, count, values);
        other.read(second, otherName, from, count, others);
        same = Arrays.equals(values, 0, count, others, 0, count);
      }
    } catch (IOException e) {
      throw new UserException(file + ": can't be read: " + e.getMessage());
    }
    return same;
  }

  private void read(FileChannel channel, String name, long from, int count, float[] values)
      throws IOException {
    Entry entry = entries.get(name);
    int bytes = entry.type().bytes;
    decode(name, entry.type(), read(channel, entry.offset() + from * bytes, count * bytes), values);
  }

  /** A tensor's elements as fp32, in the file's order; see {@link #copy}. */
  public float[] values(String name) {
    List<Long> shape = entries.get(name).shape();
    int bytes = Math.toIntExact(Math.multiplyExact(entries.get(name).elements(), Float.BYTES));
    StridedTensor target = StridedTensor.contiguous(shape, ByteBuffer.allocate(bytes));
    copy(name, target);
    return target.values();
  }

  /** Rows that are copied at a time, so that a copy takes little memory besides the tensor's. */
  private static int blockRows(StridedTensor tensor) {
    return Math.max(1, Math.min(tensor.rows(), BLOCK / Math.max(1, tensor.columns())));
  }

  private void decode(String name, Type type, ByteBuffer bytes, float[] values) {
    switch (type) {
      case F32 -> bytes.asFloatBuffer().get(values, 0, bytes.remaining() / Float.BYTES);
      case BF16 -> {
        for (int i = 0; bytes.hasRemaining(); i++) {
          values[i] = Float.intBitsToFloat(bytes.getShort() << 16);
        }
      }
      case F16 -> {
        for (int i = 0; bytes.hasRemaining(); i++) {
          values[i] = HalfPrecision.toFloat(bytes.getShort());
        }
      }
      default -> throw SafetensorsHeader.unread(file, name, type.name());
    }
  }

  /**
   * Writes tensors in fp32, bit for bit; see {@link #write(Path, Map, Dtype)}.
   *
   * @param file the file to write
   * @param tensors the tensors by name, in the order in which they are laid down
   * @throws IOException where the file can't be written
   */
  public static void write(Path file, Map<String, StridedTensor> tensors) throws IOException {
    write(file, tensors, Dtype.FP32);
  }

  /**
   * Writes tensors. The caller makes the write atomic by writing to a folder or file that it
   * renames.
   *
   * @param file the file to write
   * @param tensors the tensors by name, in the order in which they are laid down
   * @param dtype what they are rounded to
   * @throws IOException where the file can't be written
   * @throws UserException where a number is too large for that
   */
  public static void write(Path file, Map<String, StridedTensor> tensors, Dtype dtype)
      throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Map.Entry<String, StridedTensor> tensor : tensors.entrySet()) {
      ObjectNode entry = header.putObject(tensor.getKey());
      entry.put("dtype", dtype.type().name());
      ArrayNode shape = entry.putArray("shape");
      tensor.getValue().shape().forEach(shape::add);
      long end = offset + tensor.getValue().size() * dtype.type().bytes;
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] utf8 = JSON.writeValueAsBytes(header);
    int padding = (8 - utf8.length % 8) % 8;
    ByteBuffer start =
        ByteBuffer.allocate(8 + utf8.length + padding).order(ByteOrder.LITTLE_ENDIAN);
    start
        .putLong((long) utf8.length + padding)
        .put(utf8)
        .put(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII));
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      write(channel, start.flip());
      for (Map.Entry<String, StridedTensor> tensor : tensors.entrySet()) {
        write(channel, tensor.getKey(), tensor.getValue(), dtype);
      }
      channel.force(true);
    }
  }

  private static void write(FileChannel channel, String name, StridedTensor given, Dtype dtype)
      throws IOException {
    StridedTensor tensor = given.onHost();
    int block = blockRows(tensor);
    float[] values = new float[block * tensor.columns()];
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(values.length * dtype.type().bytes)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < tensor.rows(); row += block) {
      int count = Math.min(block, tensor.rows() - row) * tensor.columns();
      tensor.get(row, count / Math.max(1, tensor.columns()), values);
      dtype.require(name, values, count);
      dtype.put(values, count, bytes.clear());
      write(channel, bytes.flip());
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    fill(channel, position, bytes);
    return bytes.flip();
  }

  /** Reads until the buffer is full or the file ends; the number of bytes read. */
  private static int fill(FileChannel channel, long position, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
      continue;
    }
    return bytes.position();
  }
}
