package org.rlhf4j.model.gguf;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The number format in which matrices are written to a GGUF file. Vectors and learnt positions are
 * always fp32 there, as llama.cpp needs them.
 *
 * @param type F32, F16, BF16 or Q8_0
 */
public record GgufFormat(GgufType type) {
  private static final List<GgufType> WRITTEN =
      List.of(GgufType.F32, GgufType.F16, GgufType.BF16, GgufType.Q8_0);

  /**
   * Reads a name.
   *
   * @param text f32, f16, bf16 or q8_0
   * @return the format
   * @throws IllegalArgumentException where it is none of these
   */
  public static GgufFormat parse(String text) {
    return WRITTEN.stream()
        .filter(type -> type.toString().equals(text))
        .findFirst()
        .map(GgufFormat::new)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "must be one of "
                        + WRITTEN.stream()
                            .map(GgufType::toString)
                            .collect(Collectors.joining(", "))));
  }

  /** The format of a tensor: rows that aren't whole blocks are F16 where others are quantized. */
  GgufType of(List<Long> shape, Layout layout) {
    long columns = shape.get(shape.size() - 1);
    if (shape.size() == 1 || layout == Layout.SINGLE || layout == Layout.BY_HEAD) {
      return GgufType.F32;
    }
    return columns % type.blockSize() == 0 ? type : GgufType.F16;
  }

  /** The number for it in {@code general.file_type}. */
  int fileType() {
    return switch (type) {
      case F32 -> 0;
      case F16 -> 1;
      case Q8_0 -> 7;
      case BF16 -> 32;
      default -> throw new IllegalStateException("nothing is written as " + type);
    };
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
