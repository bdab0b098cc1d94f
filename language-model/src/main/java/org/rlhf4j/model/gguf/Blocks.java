package org.rlhf4j.model.gguf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.rlhf4j.model.torch.Bf16;
import org.rlhf4j.model.weights.HalfPrecision;

/**
 * The numbers that a tensor's bytes stand for, in fp32 arithmetic, with the same roundings as
 * ggml's reference and the gguf package's: each operation is rounded on its own.
 */
final class Blocks {
  private static final int LOW = 0x0f;

  private Blocks() {}

  /**
   * Decodes whole blocks.
   *
   * @param type their format
   * @param bytes the blocks, from the position to the limit
   * @param values takes the numbers, from index 0 on
   */
  static void decode(GgufType type, ByteBuffer bytes, float[] values) {
    ByteBuffer in = bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; in.hasRemaining(); at += type.blockSize()) {
      switch (type) {
        case F32 -> values[at] = in.getFloat();
        case F16 -> values[at] = HalfPrecision.toFloat(in.getShort());
        case BF16 -> values[at] = Bf16.toFloat(in.getShort());
        case Q4_0 -> q40(in, values, at);
        case Q4_1 -> q41(in, values, at);
        case Q8_0 -> q80(in, values, at);
        case Q4_K -> q4k(in, values, at);
        case Q6_K -> q6k(in, values, at);
      }
    }
  }

  private static float half(ByteBuffer in) {
    return HalfPrecision.toFloat(in.getShort());
  }

  /** d · (q − 8); the low halves of the bytes come first, then the high ones. */
  private static void q40(ByteBuffer in, float[] values, int at) {
    float scale = half(in);
    for (int i = 0; i < 16; i++) {
      int pair = in.get();
      values[at + i] = scale * ((pair & LOW) - 8);
      values[at + 16 + i] = scale * ((pair >> 4 & LOW) - 8);
    }
  }

  /** d · q + m. */
  private static void q41(ByteBuffer in, float[] values, int at) {
    float scale = half(in);
    float minimum = half(in);
    for (int i = 0; i < 16; i++) {
      int pair = in.get();
      values[at + i] = scale * (pair & LOW) + minimum;
      values[at + 16 + i] = scale * (pair >> 4 & LOW) + minimum;
    }
  }

  /** d · q. */
  private static void q80(ByteBuffer in, float[] values, int at) {
    float scale = half(in);
    for (int i = 0; i < 32; i++) {
      values[at + i] = scale * in.get();
    }
  }

  /**
   * (d · s) q − (dmin · m), with a six-bit s and m of each 32 numbers. The twelve bytes of these
   * hold the lower six bits of s and m 0 to 3, then those of the last four in halves and the spare
   * upper bits.
   */
  private static void q4k(ByteBuffer in, float[] values, int at) {
    float scale = half(in);
    float minimum = half(in);
    byte[] packed = new byte[12];
    in.get(packed);
    for (int pair = 0; pair < 4; pair++) {
      int from = at + 64 * pair;
      float lowScale = scale * scaleOf(packed, 2 * pair);
      float lowMinimum = minimum * minimumOf(packed, 2 * pair);
      float highScale = scale * scaleOf(packed, 2 * pair + 1);
      float highMinimum = minimum * minimumOf(packed, 2 * pair + 1);
      for (int i = 0; i < 32; i++) {
        int both = in.get();
        values[from + i] = lowScale * (both & LOW) - lowMinimum;
        values[from + 32 + i] = highScale * (both >> 4 & LOW) - highMinimum;
      }
    }
  }

  private static int scaleOf(byte[] packed, int group) {
    return group < 4
        ? packed[group] & 0x3f
        : (packed[group + 4] & LOW) | (packed[group - 4] >> 2 & 0x30);
  }

  private static int minimumOf(byte[] packed, int group) {
    return group < 4
        ? packed[group + 4] & 0x3f
        : (packed[group + 4] >> 4 & LOW) | (packed[group] >> 2 & 0x30);
  }

  /**
   * (d · s) (q − 32), with an eight-bit s of each 16 numbers: 128 bytes of the lower four bits, 64
   * of the upper two, 16 of scales, d.
   */
  private static void q6k(ByteBuffer in, float[] values, int at) {
    int low = in.position();
    int high = low + 128;
    int scales = high + 64;
    float scale = HalfPrecision.toFloat(in.getShort(scales + 16));
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int quarter = i % 128 / 32;
      int lower = in.get(low + 64 * half + i % 64) >> (quarter < 2 ? 0 : 4) & LOW;
      int upper = in.get(high + 32 * half + i % 32) >> (2 * quarter) & 3;
      values[at + i] = scale * in.get(scales + i / 16) * ((lower | upper << 4) - 32);
    }
    in.position(scales + 18);
  }
}
