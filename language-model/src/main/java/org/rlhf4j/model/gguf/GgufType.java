package org.rlhf4j.model.gguf;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The number formats of tensors that are read, under the numbers that the format gives them. */
public enum GgufType {
  /** IEEE single precision. */
  F32(0, 1, 4),
  /** IEEE half precision. */
  F16(1, 1, 2),
  /** Blocks of 32 four-bit numbers with a scale. */
  Q4_0(2, 32, 18),
  /** Blocks of 32 four-bit numbers with a scale and a minimum. */
  Q4_1(3, 32, 20),
  /** Blocks of 32 eight-bit numbers with a scale. */
  Q8_0(8, 32, 34),
  /** Blocks of 256 four-bit numbers; each 32 have a six-bit scale and minimum. */
  Q4_K(12, 256, 144),
  /** Blocks of 256 six-bit numbers; each 16 have an eight-bit scale. */
  Q6_K(14, 256, 210),
  /** The upper half of a single-precision number. */
  BF16(30, 1, 2);

  /** The format's names by number, of the types that aren't read too; empty for numbers unused. */
  private static final List<String> NAMES =
      List.of(
          "F32", "F16", "Q4_0", "Q4_1", "", "", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K",
          "Q4_K", "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL",
          "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16", "", "", "",
          "TQ1_0", "TQ2_0", "", "", "", "MXFP4", "NVFP4");

  private final int number;
  private final int blockSize;
  private final int blockBytes;

  GgufType(int number, int blockSize, int blockBytes) {
    this.number = number;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** The number that stands for it in files. */
  int number() {
    return number;
  }

  /** How many weights are in a block; a row is a whole number of blocks. */
  int blockSize() {
    return blockSize;
  }

  /** What a number of weights takes, which has to be whole blocks. */
  long bytes(long weights) {
    return Math.multiplyExact(weights / blockSize, blockBytes);
  }

  /** The type of a number, if it is read. */
  static Optional<GgufType> of(long number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** What the format calls a number, read or not. */
  static String nameOf(long number) {
    boolean named = number >= 0 && number < NAMES.size() && !NAMES.get((int) number).isEmpty();
    return named ? NAMES.get((int) number) : "of the unknown type " + number;
  }

  /** The types that are read, for messages. */
  static String read() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
