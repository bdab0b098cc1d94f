package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.reward.LengthDebias.Differences;

class LengthDebiasTest {
  private static final Offset<Double> CLOSE = within(1e-12);

  /** Σ Δr Δl = 2·1 − 1·(−1) + 3·2 = 9, Σ Δl² = 1 + 1 + 4 = 6, Σ Δr² = 4 + 1 + 9 = 14. */
  @Test
  void handWorked() {
    List<Differences> pairs =
        List.of(new Differences(2, 1), new Differences(-1, -1), new Differences(3, 2));
    assertThat(LengthDebias.slope(pairs)).isCloseTo(1.5, CLOSE);
    LengthDebias.Judged judged = LengthDebias.Judged.of(pairs);
    assertThat(judged.accuracy()).isCloseTo(2 / 3.0, CLOSE);
    assertThat(judged.lengthCorrelation()).isCloseTo(9 / Math.sqrt(84), CLOSE);
  }

  /** What is left after the slope is taken out has none; a tie counts one half. */
  @Test
  void nothingIsLeftOfItOnThePairsThatItWasFittedOn() {
    Random random = new Random(1);
    List<Differences> pairs =
        IntStream.range(0, 50)
            .mapToObj(i -> random.nextInt(21) - 10)
            .map(l -> new Differences(0.3 * l + random.nextGaussian(), l))
            .toList();
    double slope = LengthDebias.slope(pairs);
    assertThat(slope).isCloseTo(0.3, within(0.1));
    List<Differences> left =
        pairs.stream()
            .map(pair -> new Differences(pair.score() - slope * pair.length(), pair.length()))
            .toList();
    assertThat(LengthDebias.slope(left)).isCloseTo(0, CLOSE);
    assertThat(LengthDebias.Judged.of(left).lengthCorrelation()).isCloseTo(0, CLOSE);
    assertThat(LengthDebias.Judged.of(List.of(new Differences(0, 1))).accuracy()).isEqualTo(0.5);
  }

  /** The order of a pair is of no matter to the slope. */
  @Test
  void pairsHaveNoDirection() {
    List<Differences> pairs = List.of(new Differences(2, 1), new Differences(3, 2));
    List<Differences> turned = List.of(new Differences(-2, -1), new Differences(3, 2));
    assertThat(LengthDebias.slope(turned)).isEqualTo(LengthDebias.slope(pairs));
  }

  @Test
  void withoutDifferencesOfLengthThereIsNoSlope() {
    List<Differences> pairs = List.of(new Differences(2, 0), new Differences(-1, 0));
    assertThat(LengthDebias.slope(pairs)).isZero();
    assertThat(LengthDebias.Judged.of(pairs).lengthCorrelation()).isZero();
  }
}
