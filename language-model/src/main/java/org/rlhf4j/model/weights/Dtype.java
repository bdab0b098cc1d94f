package org.rlhf4j.model.weights;

import java.nio.ByteBuffer;
import java.util.Locale;
import org.rlhf4j.model.torch.Bf16;
import org.rlhf4j.settings.UserException;

/** A number format of weights in files. Rounding is to the nearest, to even where two are. */
public enum Dtype {
  /** IEEE single precision. */
  FP32("float32", Safetensors.Type.F32, Float.POSITIVE_INFINITY),
  /** The upper half of a single-precision number. */
  BF16("bfloat16", Safetensors.Type.BF16, Float.intBitsToFloat(0x7f7f8000)),
  /** IEEE half precision, whose largest number is 65,504. */
  FP16("float16", Safetensors.Type.F16, 65520f);

  private final String configName;
  private final Safetensors.Type type;
  private final float bound; // finite numbers from here on would become infinite

  Dtype(String configName, Safetensors.Type type, float bound) {
    this.configName = configName;
    this.type = type;
    this.bound = bound;
  }

  /** Its name in a config.json. */
  public String configName() {
    return configName;
  }

  /** Its name in a safetensors file. */
  Safetensors.Type type() {
    return type;
  }

  /** The nearest number of this format. */
  public float round(float value) {
    return switch (this) {
      case FP32 -> value;
      case BF16 -> Bf16.toFloat(Bf16.of(value));
      case FP16 -> HalfPrecision.toFloat(HalfPrecision.of(value));
    };
  }

  /**
   * Writes numbers, from the buffer's position on, little-endian as the buffer is.
   *
   * @param values the numbers
   * @param count how many of them
   * @param bytes takes them
   */
  public void put(float[] values, int count, ByteBuffer bytes) {
    switch (this) {
      case FP32 -> {
        bytes.asFloatBuffer().put(values, 0, count);
        bytes.position(bytes.position() + count * Float.BYTES);
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(Bf16.of(values[i]));
        }
      }
      case FP16 -> {
        for (int i = 0; i < count; i++) {
          bytes.putShort(HalfPrecision.of(values[i]));
        }
      }
    }
  }

  /**
   * Refuses numbers that this format is too small for.
   *
   * @param tensor whose numbers they are
   * @param values the numbers
   * @param count how many of them
   * @throws UserException where one would become infinite
   */
  void require(String tensor, float[] values, int count) {
    for (int i = 0; this != FP32 && i < count; i++) {
      if (Math.abs(values[i]) >= bound && Float.isFinite(values[i])) {
        throw new UserException(
            "tensor %s holds %s, too large for %s; write it with --save-dtype fp32"
                .formatted(tensor, values[i], name().toLowerCase(Locale.ROOT)));
      }
    }
  }
}
