package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How a uniform number becomes a column, in blocks of 512, against a loop over all columns. The
 * weights are whole numbers with the sum 4,096, so every sum and every border is exact.
 */
class InverseCdfTest {
  private static final int SUM = 4096;

  @ParameterizedTest
  @ValueSource(ints = {1, 97, 512, 513, 1024, 1300})
  void drawsTheColumnThatTheNumberFallsInto(int columns) throws IOException {
    int[] weights = weights(columns);
    float[] uniforms = new float[SUM + 1];
    long[] expected = new long[SUM + 1];
    for (int k = 0; k < SUM; k++) {
      uniforms[k] = (float) k / SUM; // each border, and what lies just behind it
      expected[k] = column(weights, k);
    }
    uniforms[SUM] = Math.nextDown(1f);
    expected[SUM] = column(weights, SUM - 1);

    assertThat(drawn(weights, uniforms)).isEqualTo(expected);
  }

  private static long[] drawn(int[] weights, float[] uniforms) throws IOException {
    float[] one = new float[weights.length];
    for (int i = 0; i < one.length; i++) {
      one[i] = weights[i];
    }
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder());
        NDManager scope = model.weights().manager().newSubManager()) {
      NDArray rows = scope.create(one).reshape(1, one.length).repeat(0, uniforms.length);
      NDList in = new NDList(rows, scope.create(uniforms, new Shape(uniforms.length)));
      return model.network().run("drawn", in, false).get(0).toLongArray();
    }
  }

  /** The first column behind which more than k of the sum lies. */
  private static int column(int[] weights, int k) {
    int sum = 0;
    int column = -1;
    while (sum <= k) {
      column++;
      sum += weights[column];
    }
    return column;
  }

  /** Many are 0, the first and the last too, where there is another. */
  private static int[] weights(int columns) {
    Random random = new Random(columns);
    int[] weights = new int[columns];
    int middle = columns / 2;
    for (int left = SUM; left > 0; left--) {
      int column = columns < 3 ? 0 : 1 + random.nextInt(columns - 2);
      weights[column % 3 == 0 ? middle : column]++;
    }
    return weights;
  }
}
