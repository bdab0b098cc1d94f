package org.rlhf4j.model.weights;

/** IEEE 754 binary16. */
public final class HalfPrecision {
  private HalfPrecision() {}

  /** The number that sixteen bits stand for, exactly. */
  public static float toFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >>> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f; // zero and subnormal numbers
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 31 ? 255 : exponent + 112;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }

  /** The nearest of them, to even where two are; from 65,520 on infinity. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 65520f) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x1p-14f) { // zero and subnormal numbers: multiples of 2⁻²⁴
      return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
    }
    int rounded = (bits & 0x7fffffff) + 0xfff + (bits >>> 13 & 1);
    return (short) (sign | (rounded - (112 << 23)) >>> 13);
  }
}
