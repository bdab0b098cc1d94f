package org.rlhf4j.studio.agreement;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.label.Votes.Vote;

/** Simulated annotators, of whom it is known how they answer. */
class AgreementTest {

  private static final int ITEMS = 400;

  /** The truth of an item, its left side and its longer reply are drawn independently. */
  private static List<Vote> votes() {
    List<Vote> votes = new ArrayList<>();
    Random random = new Random(3);
    for (int item = 0; item < ITEMS; item++) {
      int truth = random.nextInt(2);
      int longer = random.nextInt(2);
      List<Integer> left =
          List.of(random.nextInt(2), random.nextInt(2), random.nextInt(2), random.nextInt(2));
      List<Integer> said =
          List.of(truth, random.nextInt(10) == 0 ? 1 - truth : truth, left.get(2), longer);
      for (int annotator = 0; annotator < said.size(); annotator++) {
        votes.add(
            new Vote(
                item,
                annotator,
                List.of("right", "careful", "left", "long").get(annotator),
                String.valueOf(said.get(annotator)),
                2,
                left.get(annotator),
                longer,
                annotator,
                item));
      }
    }
    return votes;
  }

  private static double kappa(Agreement agreement, String first, String second) {
    return agreement.pairs().stream()
        .filter(pair -> pair.first().equals(first) && pair.second().equals(second))
        .findFirst()
        .orElseThrow()
        .kappa();
  }

  /**
   * Wrong in one of ten makes κ about 0.8; who looks at the side or the length agrees by chance.
   */
  @Test
  void biasAndAgreementAreFound() {
    Agreement agreement = Agreement.of(votes());
    assertThat(kappa(agreement, "right", "careful")).isBetween(0.7, 0.9);
    assertThat(kappa(agreement, "right", "left")).isBetween(-0.2, 0.2);
    assertThat(kappa(agreement, "right", "long")).isBetween(-0.2, 0.2);
    assertThat(agreement.annotators().get(2).left()).isEqualTo(1.0);
    assertThat(agreement.annotators().get(3).longer()).isEqualTo(1.0);
    assertThat(agreement.annotators().get(1).left()).isBetween(0.4, 0.6);
    assertThat(agreement.annotators().get(1).longer()).isBetween(0.4, 0.6);
    assertThat(agreement.shared()).isEqualTo(ITEMS);
  }

  @Test
  void oneAnnotatorAgreesWithNobody() {
    Agreement agreement = Agreement.of(votes().stream().filter(v -> v.annotator() == 0).toList());
    assertThat(agreement.pairs()).isEmpty();
    assertThat(agreement.alphaOfChoice()).isNull();
    assertThat(agreement.shared()).isZero();
  }

  /** For the first half both are right; for the second, one answers by a coin. */
  @Test
  void agreementIsToldOverTime() {
    List<Vote> votes = new ArrayList<>();
    Random random = new Random(9);
    for (int item = 0; item < 100; item++) {
      int truth = random.nextInt(2);
      int other = item < 50 ? truth : random.nextInt(2);
      long time = 1_000L + item;
      votes.add(new Vote(item, 1, "a", String.valueOf(truth), 2, 0, 0, 1, time));
      votes.add(new Vote(item, 2, "b", String.valueOf(other), 2, 0, 0, 1, time + 1));
    }
    List<Agreement.OfPeriod> periods = Agreement.of(votes).periods();
    assertThat(periods).as("of at least twenty items each").hasSize(5);
    assertThat(periods).extracting(Agreement.OfPeriod::items).containsOnly(20);
    assertThat(periods.get(0)).isEqualTo(new Agreement.OfPeriod(1_001, 1_020, 20, 1.0));
    assertThat(periods.get(4).alphaOfChoice()).isLessThan(0.6);
    assertThat(Agreement.of(votes.subList(0, 60)).periods()).hasSize(1);
  }
}
