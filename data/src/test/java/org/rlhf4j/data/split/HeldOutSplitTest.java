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

  private static List<PromptRow> heldOut(double fraction, List<PromptRow> rows) {
    HeldOutSplit split = new HeldOutSplit(fraction);
    return rows.stream().filter(split::holdsOut).toList();
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
    assertThat(heldOut(0.1, prompts(10_000))).hasSize(994);
  }

  @Test
  void dependsNeitherOnTheOrderNorOnTheOtherRows() {
    List<PromptRow> rows = prompts(500);
    List<PromptRow> heldOut = heldOut(0.3, rows);

    Collections.shuffle(rows, new Random(7));
    assertThat(heldOut(0.3, rows)).containsExactlyInAnyOrderElementsOf(heldOut);
    assertThat(heldOut(0.3, rows.subList(0, 250))).isSubsetOf(heldOut);
  }

  @Test
  void growsWithTheFraction() {
    List<PromptRow> rows = prompts(500);
    assertThat(heldOut(0.1, rows)).isSubsetOf(heldOut(0.2, rows));
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
    assertThat(heldOut(0, prompts(1000))).isEmpty();
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
