package org.rlhf4j.training.slice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.training.optimizer.NonFiniteException;

/** How a step is cut into slices, and how their gradients are added. */
class SliceSumTest {

  /** From left to right it would be 1: beside 1e8 a float has no room for it. */
  @Test
  void neighboursAreAddedFirst() {
    assertThat(
            TreeSum.of(
                List.of(new float[] {1e8f}, new float[] {1}, new float[] {-1e8f}, new float[] {1})))
        .containsExactly(0f);
    assertThat(TreeSum.of(List.of(new float[] {1}, new float[] {2}, new float[] {4})))
        .containsExactly(7f);
  }

  @Test
  void partsDifferByOneAtMost() {
    assertThat(Part.of(7, 3)).containsExactly(new Part(0, 2), new Part(2, 4), new Part(4, 7));
    assertThat(Part.of(2, 5)).containsExactly(new Part(0, 1), new Part(1, 2));
  }

  @Test
  void aSliceWhoseGradientIsNotFiniteIsNamed() {
    List<SliceGradient<Integer>> slices =
        List.of(
            new SliceGradient<>(new float[] {1}, 0),
            new SliceGradient<>(new float[] {Float.NaN}, 0));
    assertThatThrownBy(() -> SliceGradient.sum(slices, TrainedWeights.of(), i -> "row " + i))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("begins with \"row 1\"");
  }
}
