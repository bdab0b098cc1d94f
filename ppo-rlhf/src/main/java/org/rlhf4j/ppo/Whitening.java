package org.rlhf4j.ppo;

/**
 * Shifts and scales numbers to mean 0 and variance 1 over all tokens of a batch: (A − mean) / √(var
 * + 1e-8), with the unbiased variance (Huang et al. 2024, "The N+ implementation details").
 */
final class Whitening {
  private static final double EPSILON = 1e-8;

  private Whitening() {}

  /**
   * Whitened numbers.
   *
   * @param rows one array per completion, one number per token
   * @return the same shape; zeros where there is only one number in all
   */
  static float[][] of(float[][] rows) {
    long count = 0;
    double sum = 0;
    for (float[] row : rows) {
      for (float x : row) {
        sum += x;
        count++;
      }
    }
    double mean = sum / count;
    double squares = 0;
    for (float[] row : rows) {
      for (float x : row) {
        squares += (x - mean) * (x - mean);
      }
    }
    double scale = count < 2 ? 0 : 1 / Math.sqrt(squares / (count - 1) + EPSILON);
    float[][] whitened = new float[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      whitened[i] = new float[rows[i].length];
      for (int t = 0; t < rows[i].length; t++) {
        whitened[i][t] = (float) ((rows[i][t] - mean) * scale);
      }
    }
    return whitened;
  }
}
