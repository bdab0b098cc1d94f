package org.rlhf4j.model.torch;

/** Numbers in bf16, which DJL's arrays may hold but Java doesn't know. */
public final class Bf16 {
  private static final int NAN = 0x7fc0;

  private Bf16() {}

  /** The number that sixteen bits stand for, exactly. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The bits of the nearest number, of two as near the one whose last bit is 0. */
  public static short of(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16 & 0x8000) | NAN);
    }
    return (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
  }
}
