package org.rlhf4j.data.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.settings.UsageException;

class HeldOutSplitTest {

  private static final Location PLACE = new Location("a.jsonl", 1, 1);

  private static List<PromptRow> prompts(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new PromptRow("prompt " + i, Optional.empty(), PLACE))
        .collect(Collectors.toList());
  }

  /** From Python: (first 8 bytes of hashlib.sha256(text), big-endian >> 11) * 2.0**-53. */
  @Test
  void keepsItsPositionsForEver() {
    assertThat(HeldOutSplit.position("")).isEqualTo(0.8894159948913373);
    assertThat(HeldOutSplit.position("What is 12 + 30?")).isEqualTo(0.038577946955520415);
    assertThat(HeldOutSplit.position("\n\nHuman: hi\n\nAssistant:")).isEqualTo(0.6816107801175495);
    assertThat(HeldOutSplit.position("naïve café, 東京 🌱")).isEqualTo(0.6212016589141224);
  }

  @Test
  void holdsOutAboutTheFraction() {
    HeldOutSplit.Sides<PromptRow> sides = new HeldOutSplit(0.1).split(prompts(10_000));

    assertThat(sides.heldOut()).hasSize(994);
    assertThat(sides.training()).hasSize(9_006);
  }

  @Test
  void dependsNeitherOnTheOrderNorOnTheOtherRows() {
    List<PromptRow> rows = prompts(500);
    HeldOutSplit split = new HeldOutSplit(0.3);
    List<PromptRow> heldOut = split.split(rows).heldOut();

    Collections.shuffle(rows, new Random(7));
    assertThat(split.split(rows).heldOut()).containsExactlyInAnyOrderElementsOf(heldOut);
    assertThat(split.split(rows.subList(0, 250)).heldOut()).isSubsetOf(heldOut);
  }

  @Test
  void growsWithTheFraction() {
    List<PromptRow> rows = prompts(500);
    assertThat(new HeldOutSplit(0.1).split(rows).heldOut())
        .isSubsetOf(new HeldOutSplit(0.2).split(rows).heldOut());
  }

  @Test
  void putsEveryStagesRowsOfOnePromptOnOneSide() {
    HeldOutSplit split = new HeldOutSplit(0.05);
    String prompt = "What is 12 + 30?";

    assertThat(
            List.of(
                new Demonstration(prompt, "42", false, PLACE),
                new Demonstration(prompt, "43", false, PLACE),
                new Comparison(prompt, "42", "43", 0, PLACE),
                new PromptRow(prompt, Optional.of("42"), PLACE)))
        .allMatch(split::holdsOut);
  }

  @Test
  void goesByTheCompletionWhereThereIsNoPrompt() {
    String text = "What is 12 + 30?";
    Comparison comparison = new Comparison("", text, "?", 0, PLACE);

    assertThat(new Demonstration("", text, true, PLACE).splitKey()).isEqualTo(text);
    assertThat(comparison.splitKey()).isEqualTo(text);
    assertThat(comparison.demonstration().splitKey()).isEqualTo(text);
  }

  @Test
  void holdsOutNothingAtZero() {
    assertThat(new HeldOutSplit(0).split(prompts(1000)).heldOut()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void refusesOtherFractions(double fraction) {
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> new HeldOutSplit(fraction))
        .withMessage(
            "eval-fraction: " + fraction + " is out of range; give 0 or more and less than 1");
  }
}
