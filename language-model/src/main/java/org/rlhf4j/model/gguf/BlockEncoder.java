package org.rlhf4j.model.gguf;

import java.nio.ByteBuffer;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.HalfPrecision;
import org.rlhf4j.settings.UserException;

/** The bytes of numbers in the formats that are written. */
final class BlockEncoder {
  private static final int BLOCK = 32;

  private BlockEncoder() {}

  /**
   * Encodes numbers.
   *
   * @param tensor whose numbers they are, for messages
   * @param type F32, F16, BF16 or Q8_0
   * @param values the numbers, whole blocks of them
   * @param count how many of them
   * @param bytes takes them, little-endian
   * @throws UserException where a number isn't finite, or too large for the type
   */
  static void encode(String tensor, GgufType type, float[] values, int count, ByteBuffer bytes) {
    requireFinite(tensor, values, count);
    switch (type) {
      case F32 -> Dtype.FP32.put(values, count, bytes);
      case F16 -> put(tensor, Dtype.FP16, values, count, bytes);
      case BF16 -> put(tensor, Dtype.BF16, values, count, bytes);
      case Q8_0 -> {
        for (int at = 0; at < count; at += BLOCK) {
          q80(tensor, values, at, bytes);
        }
      }
      default -> throw new IllegalArgumentException("numbers are never written as " + type);
    }
  }

  private static void requireFinite(String tensor, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(values[i])) {
        throw new UserException(
            "tensor " + tensor + " holds " + values[i] + "; nothing is written");
      }
    }
  }

  private static void put(String tensor, Dtype dtype, float[] values, int count, ByteBuffer bytes) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(dtype.round(values[i]))) {
        throw tooLarge(tensor, values[i], dtype == Dtype.FP16 ? GgufType.F16 : GgufType.BF16);
      }
    }
    dtype.put(values, count, bytes);
  }

  /**
   * A block of eight-bit numbers q and a half-precision scale: d = max |x| / 127 in fp32, q = x ·
   * (1 / d) rounded to the nearest whole number, away from zero where two are, and d then rounded
   * to half precision.
   */
  private static void q80(String tensor, float[] values, int at, ByteBuffer bytes) {
    float largest = 0;
    for (int i = at; i < at + BLOCK; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    float scale = largest / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    if (!Float.isFinite(HalfPrecision.toFloat(HalfPrecision.of(scale)))) {
      throw tooLarge(tensor, largest, GgufType.Q8_0);
    }
    bytes.putShort(HalfPrecision.of(scale));
    for (int i = at; i < at + BLOCK; i++) {
      bytes.put((byte) roundedAway(values[i] * inverse));
    }
  }

  private static int roundedAway(float value) {
    float magnitude = Math.abs(value);
    float floor = (float) Math.floor(magnitude);
    float rounded = floor + (float) Math.floor(2 * (magnitude - floor));
    return (int) (value < 0 ? -rounded : rounded);
  }

  private static UserException tooLarge(String tensor, float value, GgufType type) {
    return new UserException(
        "tensor %s holds %s, too large for %s; write it with --type f32"
            .formatted(tensor, value, type));
  }
}
