package org.rlhf4j.model.gguf;

import java.util.List;

/**
 * Where a tensor lies in a GGUF file.
 *
 * @param name its name there
 * @param type its number format
 * @param shape its sizes, slowest first as checkpoints have them: [out, in] of a matrix
 * @param offset its first byte in the file
 */
record GgufTensor(String name, GgufType type, List<Long> shape, long offset) {

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** How many weights lie one after another in a row. */
  int columns() {
    return Math.toIntExact(shape.get(shape.size() - 1));
  }

  long rowBytes() {
    return type.bytes(columns());
  }

  /** The first byte after it. */
  long end() {
    return offset + type.bytes(elements());
  }
}
