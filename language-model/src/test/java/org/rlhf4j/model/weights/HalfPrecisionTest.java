package org.rlhf4j.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalfPrecisionTest {

  /** 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
  @Test
  void valuesByHand() {
    assertThat(HalfPrecision.toFloat((short) 0x3c00)).isEqualTo(1f);
    assertThat(HalfPrecision.toFloat((short) 0xc000)).isEqualTo(-2f);
    assertThat(HalfPrecision.toFloat((short) 0x3555)).isEqualTo(0.333251953125f); // 1365 / 4096
    assertThat(HalfPrecision.toFloat((short) 0x7bff)).isEqualTo(65504f);
    assertThat(HalfPrecision.toFloat((short) 0x0400)).isEqualTo(0x1p-14f); // smallest normal
    assertThat(HalfPrecision.toFloat((short) 0x0001)).isEqualTo(0x1p-24f); // smallest subnormal
    assertThat(HalfPrecision.toFloat((short) 0xfc00)).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void allOfThemAsTheStandardDefinesThem() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float ours = HalfPrecision.toFloat((short) bits);
      float defined = (float) definition(bits);
      // Bits tell −0 from 0; every NaN is one.
      assertThat(Float.floatToIntBits(ours))
          .as("%04x", bits)
          .isEqualTo(Float.floatToIntBits(defined));
    }
  }

  private static double definition(int bits) {
    double sign = bits >> 15 == 0 ? 1 : -1;
    int exponent = bits >> 10 & 31;
    double fraction = (bits & 1023) / 1024.0;
    if (exponent == 31) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    return exponent == 0
        ? sign * Math.pow(2, -14) * fraction
        : sign * Math.pow(2, exponent - 15) * (1 + fraction);
  }
}
