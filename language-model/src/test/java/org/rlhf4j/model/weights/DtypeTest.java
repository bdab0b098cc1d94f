package org.rlhf4j.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.settings.UserException;

/** Rounding is to the nearest number, to the even one where two are as near. */
class DtypeTest {

  /** 7 fraction bits: next to 1 they are 2⁻⁷ apart, so 1 + 2⁻⁸ lies between two. */
  @ParameterizedTest
  @CsvSource({
    "0x1.00p0, 0x1.00p0",
    "0x1.01p0, 0x1.00p0", // a tie: fraction 0 is even, fraction 1 isn't
    "0x1.03p0, 0x1.04p0", // a tie between fractions 1 and 2
    "0x1.010002p0, 0x1.02p0", // the least that is more than a tie
    "0x1.00fffep0, 0x1.00p0",
    "-0x1.03p0, -0x1.04p0",
    "0x1.ffp0, 0x1p1", // carries into the exponent
    "0x1p-133, 0x1p-133", // its smallest subnormal number, 2⁻¹²⁶ · 2⁻⁷
    "0x1p-134, 0", // a tie between that and 0
    "0x1.8p-133, 0x1p-132"
  })
  void bfloat16ByHand(String value, String rounded) {
    assertThat(Dtype.BF16.round(Float.parseFloat(value))).isEqualTo(Float.parseFloat(rounded));
  }

  /** 10 fraction bits: next to 1 they are 2⁻¹⁰ apart; below 2⁻¹⁴ multiples of 2⁻²⁴. */
  @ParameterizedTest
  @CsvSource({
    "0x1.002p0, 0x1p0", // 1 + 2⁻¹¹: a tie, to fraction 0
    "0x1.006p0, 0x1.008p0", // 1 + 3 · 2⁻¹¹: a tie between fractions 1 and 2
    "0x1.002002p0, 0x1.004p0",
    "-0x1.006p0, -0x1.008p0",
    "0x1.ffep0, 0x1p1",
    "0x1p-25, 0", // a tie between 0 and 2⁻²⁴
    "0x1.8p-24, 0x1p-23", // 3 · 2⁻²⁵: a tie between 1 and 2 of 2⁻²⁴
    "0x1.000002p-25, 0x1p-24",
    "0x1.ff8p-15, 0x1.ff8p-15", // the largest subnormal number, 1023 · 2⁻²⁴
    "0x1.ffcp-15, 0x1p-14", // a tie between that and the smallest normal one
    "65504, 65504",
    "65519.996, 65504"
  })
  void halfPrecisionByHand(String value, String rounded) {
    assertThat(Dtype.FP16.round(Float.parseFloat(value))).isEqualTo(Float.parseFloat(rounded));
  }

  @Test
  void whatIsNotFiniteStaysSo() {
    for (Dtype dtype : Dtype.values()) {
      assertThat(dtype.round(Float.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(dtype.round(Float.NaN)).isNaN();
      // Of a NaN whose lower bits alone are set an infinity must not be made.
      assertThat(dtype.round(Float.intBitsToFloat(0x7f800001))).isNaN();
      assertThat(Float.floatToIntBits(dtype.round(-0f))).isEqualTo(0x80000000);
    }
  }

  /** Every one of them is its own nearest; of numbers between two it is one of the two. */
  @Test
  void noOtherNumberIsNearer() {
    Random random = new Random(5);
    for (Dtype dtype : new Dtype[] {Dtype.BF16, Dtype.FP16}) {
      float[] all = new float[1 << 15];
      for (int bits = 0; bits < all.length; bits++) {
        all[bits] =
            dtype == Dtype.BF16
                ? Float.intBitsToFloat(bits << 16)
                : HalfPrecision.toFloat((short) bits);
      }
      for (int i = 0; i + 1 < all.length && Float.isFinite(all[i + 1]); i++) {
        assertThat(dtype.round(all[i])).isEqualTo(all[i]);
        float between = (float) (all[i] + random.nextDouble() * ((double) all[i + 1] - all[i]));
        double below = (double) between - all[i];
        double above = (double) all[i + 1] - between;
        boolean up = above < below || (above == below && i % 2 == 1);
        assertThat(dtype.round(between)).as("%s", between).isEqualTo(all[up ? i + 1 : i]);
      }
    }
  }

  @Test
  void aNumberThatWouldBecomeInfiniteIsRefused() {
    Dtype.FP16.require("w", new float[] {65519, Float.POSITIVE_INFINITY, 1e9f}, 2);
    Dtype.BF16.require("w", new float[] {1e38f}, 1);
    Dtype.FP32.require("w", new float[] {Float.MAX_VALUE}, 1);
    assertThatThrownBy(() -> Dtype.FP16.require("w", new float[] {-65520}, 1))
        .isInstanceOf(UserException.class)
        .hasMessage("tensor w holds -65520.0, too large for fp16; write it with --save-dtype fp32");
    assertThatThrownBy(() -> Dtype.BF16.require("w", new float[] {Float.MAX_VALUE}, 1))
        .hasMessageEndingWith("too large for bf16; write it with --save-dtype fp32");
  }
}
