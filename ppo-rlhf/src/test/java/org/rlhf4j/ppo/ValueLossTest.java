package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.torch.Torch;

class ValueLossTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    // V 1, V_old 0.9, G 2, ε_v 0.2: moved by 0.1, not clipped: ½ (1 − 2)², gradient 1 − 2
    "1,   0.9, 2, 0.2, 0.5,  -1",
    // V 1.5, V_old 0.9: clipped to 1.1; ½ max((1.5 − 2)², (1.1 − 2)²) = ½ 0.81, no gradient
    "1.5, 0.9, 2, 0.2, 0.405, 0",
    // V 3, V_old 0.9: ½ max(1, 0.81) = ½, gradient 3 − 2
    "3,   0.9, 2, 0.2, 0.5,   1",
    // V 0, V_old 0.9: clipped to 0.7; ½ max(4, 1.69) = 2, gradient 0 − 2
    "0,   0.9, 2, 0.2, 2,    -2",
    // clipping off: ½ (1.5 − 2)², gradient 1.5 − 2
    "1.5, 0.9, 2, 0,   0.125, -0.5"
  })
  void handWorked(
      double value, double old, double target, double clip, double loss, double gradient) {
    float[] made =
        TokenLosses.lossAndGradient(
            manager,
            value,
            values ->
                ValueLoss.of(
                    values,
                    manager.create(new float[] {(float) old}),
                    manager.create(new float[] {(float) target}),
                    clip));
    assertThat((double) made[0]).isCloseTo(loss, within(1e-5));
    assertThat((double) made[1]).isCloseTo(gradient, within(1e-5));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.2, 1.5})
  void agreesWithPlainLoops(double clip) {
    float[] values = TokenLosses.numbers(4, 131);
    float[] old = TokenLosses.numbers(5, 131);
    float[] returns = TokenLosses.numbers(6, 131);
    float[] loss =
        ValueLoss.of(manager.create(values), manager.create(old), manager.create(returns), clip)
            .toFloatArray();
    for (int t = 0; t < loss.length; t++) {
      double move = Math.max(-clip, Math.min(clip, (double) values[t] - old[t]));
      double plain = Math.pow((double) values[t] - returns[t], 2);
      double moved = clip == 0 ? 0 : Math.pow(old[t] + move - returns[t], 2);
      assertThat((double) loss[t])
          .isCloseTo(0.5 * Math.max(plain, moved), within(1e-5 * Math.max(1, plain)));
    }
  }
}
