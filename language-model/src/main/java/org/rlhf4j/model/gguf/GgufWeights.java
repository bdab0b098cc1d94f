package org.rlhf4j.model.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.model.weights.TensorFile;
import org.rlhf4j.settings.UserException;

/**
 * The tensors of a GGUF file under the names and in the layout of a checkpoint of transformers,
 * quantized ones as the numbers that they stand for. They are read in blocks.
 */
public final class GgufWeights implements TensorFile {
  private static final int BLOCK = 1 << 18; // numbers decoded at a time

  private final GgufFile file;
  private final Dimensions dimensions;
  private final Map<String, Placed> tensors = new LinkedHashMap<>(); // by the checkpoint's names

  /**
   * Where a checkpoint's tensor is.
   *
   * @param row the one that it is of a tensor with a row for each head, else 0
   */
  private record Placed(GgufTensor tensor, Layout layout, int row) {}

  GgufWeights(GgufFile file, Architecture architecture, Dimensions dimensions) {
    this.file = file;
    this.dimensions = dimensions;
    for (GgufTensor tensor : file.tensors().values()) {
      if (RotaryFactors.isOne(tensor.name(), architecture)) {
        continue; // a part of the configuration
      }
      TensorRule rule =
          architecture
              .ruleOf(tensor.name())
              .orElseThrow(
                  () ->
                      new UserException(
                          "%s: unknown tensor %s for architecture %s"
                              .formatted(file.file(), tensor.name(), architecture.key())));
      place(rule, tensor);
    }
  }

  private void place(TensorRule rule, GgufTensor tensor) {
    String name = rule.nameOf(tensor.name());
    if (rule.layout() != Layout.BY_HEAD) {
      tensors.put(name, new Placed(tensor, rule.layout(), 0));
      return;
    }
    if (tensor.shape().size() != 2) {
      throw new UserException(
          "%s: tensor %s has the shape %s; it must have a row for each head"
              .formatted(file.file(), tensor.name(), tensor.shape()));
    }
    for (int head = 0; head < tensor.shape().get(0); head++) {
      tensors.put(TensorRule.nameOfHead(name, head), new Placed(tensor, rule.layout(), head));
    }
  }

  @Override
  public Path file() {
    return file.file();
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public List<Long> shape(String name) {
    Placed placed = tensors.get(name);
    List<Long> shape = placed.tensor().shape();
    if (placed.layout() == Layout.BY_HEAD) {
      return shape.subList(1, 2);
    }
    return placed.layout() == Layout.TRANSPOSED && shape.size() == 2
        ? List.of(shape.get(1), shape.get(0))
        : shape;
  }

  @Override
  public void copy(String name, StridedTensor target) {
    Placed placed = tensors.get(name);
    RowOrder order = RowOrder.of(placed.layout(), dimensions);
    StridedTensor view = order.view(target);
    boolean asOneRow = placed.tensor().shape().size() == 1;
    int columns = placed.tensor().columns();
    int rows = (int) (target.size() / columns);
    int block = Math.max(1, Math.min(rows, BLOCK / columns));
    float[] values = new float[block * columns];
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) (block * placed.tensor().rowBytes()));
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ)) {
      for (int row = 0; row < rows; row += block) {
        int count = Math.min(block, rows - row);
        read(channel, placed.tensor(), placed.row() + row, count, bytes);
        Blocks.decode(placed.tensor().type(), bytes, values);
        if (placed.layout() == Layout.PLUS_ONE) {
          subtractOne(values, count * columns);
        }
        put(view, order, row, asOneRow && order.moves() ? columns : count, values);
      }
    } catch (IOException e) {
      throw new UserException(file() + ": can't be read (" + e + "); check the file", e);
    }
  }

  private static void put(StridedTensor view, RowOrder order, int row, int count, float[] values) {
    if (!order.moves()) {
      view.put(row, count, values);
      return;
    }
    int columns = Math.toIntExact(view.size() / view.rows());
    float[] one = new float[columns];
    for (int i = 0; i < count; i++) {
      System.arraycopy(values, i * columns, one, 0, columns);
      view.put(order.named(row + i), 1, one);
    }
  }

  private static void subtractOne(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] -= 1;
    }
  }

  private void read(FileChannel channel, GgufTensor tensor, int row, int count, ByteBuffer bytes)
      throws IOException {
    bytes.clear().limit((int) (count * tensor.rowBytes()));
    long from = tensor.offset() + row * tensor.rowBytes();
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, from + bytes.position()) < 0) {
        throw GgufInput.damaged(file(), "it ends within the tensor " + tensor.name());
      }
    }
    bytes.flip();
  }

  /** The bytes of a tensor as they are in the file, by its name there. */
  byte[] stored(String name) throws IOException {
    GgufTensor tensor = file.tensors().get(name);
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tensor.end() - tensor.offset()));
    try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ)) {
      read(channel, tensor, 0, (int) (tensor.elements() / tensor.columns()), bytes);
    }
    return bytes.array();
  }

  /** The numbers of a small tensor, such as factors of rotary angles; none where it is missing. */
  static List<Float> numbers(GgufFile file, String name) {
    GgufTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      return List.of();
    }
    float[] values = new float[Math.toIntExact(tensor.elements())];
    try (FileChannel channel = FileChannel.open(file.file(), StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) (tensor.end() - tensor.offset()));
      channel.read(bytes, tensor.offset());
      Blocks.decode(tensor.type(), bytes.flip(), values);
    } catch (IOException e) {
      throw new UserException(file.file() + ": can't be read (" + e + "); check the file", e);
    }
    List<Float> numbers = new ArrayList<>();
    for (float value : values) {
      numbers.add(value);
    }
    return numbers;
  }
}
