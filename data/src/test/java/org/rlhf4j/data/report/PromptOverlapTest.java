package org.rlhf4j.data.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;

class PromptOverlapTest {

  private static final String LONG =
      "A farmer has 12 hens and each hen lays 5 eggs a week; how many eggs does the farmer have"
          + " after four weeks, when two hens stop laying after the second week?";

  private static PromptRow row(String file, int line, String prompt) {
    return new PromptRow(prompt, Optional.empty(), new Location(file, line, 1));
  }

  private static String words(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "word" + i).collect(Collectors.joining(" "));
  }

  @Test
  void shinglesAreRunsOfThreeWordsWithoutCaseAndPunctuation() {
    assertThat(PromptSketch.shingles("One, two; THREE four")).hasSize(2);
    assertThat(PromptSketch.shingles("one two\nthree\u2026 Four!"))
        .isEqualTo(PromptSketch.shingles("One, two; THREE four"));
    assertThat(PromptSketch.shingles("one two one two one")).hasSize(2); // each once
    assertThat(PromptSketch.shingles("one two")).hasSize(1);
    assertThat(PromptSketch.shingles("天地玄黄")).hasSize(2); // four words
    assertThat(PromptSketch.shingles("!?")).isEmpty();
  }

  @Test
  void agreementEstimatesTheJaccardIndex() {
    // 100 words have 98 shingles. Shifted by d, 98 − d are shared of 98 + d.
    int pairs = 200;
    for (int shift : new int[] {0, 11, 33, 98}) {
      double expected = (98.0 - shift) / (98 + shift);
      double agreement = 0;
      for (int i = 0; i < pairs; i++) {
        int from = 1000 * i;
        agreement +=
            PromptSketch.agreement(
                PromptSketch.of(words(from, from + 100)).orElseThrow(),
                PromptSketch.of(words(from + shift, from + 100 + shift)).orElseThrow());
      }
      // The mean of 6,400 draws deviates by at most √(¼ / 6400) = 0.006; five of those.
      assertThat(agreement / pairs / PromptSketch.NUMBERS)
          .isBetween(expected - 0.03, expected + 0.03);
    }
  }

  @Test
  void countsEqualAndNearlyEqualPrompts() {
    PromptOverlap.Builder builder = new PromptOverlap.Builder();
    builder.training(row("train", 1, LONG));
    builder.training(row("train", 2, "the same words"));
    builder.training(row("train", 3, "the same words"));
    builder.training(row("train", 4, words(0, 50)));
    builder.training(row("train", 5, ""));
    builder.heldOut(row("held", 1, LONG.replace(" 12 ", " 12, ").toUpperCase(Locale.ROOT)));
    builder.heldOut(row("held", 2, "the same words"));
    builder.heldOut(row("held", 3, "the same words"));
    builder.heldOut(row("held", 4, words(25, 75))); // shares 23 shingles of 73
    builder.heldOut(row("held", 5, ""));

    PromptOverlap overlap = builder.build();

    assertThat(overlap).isEqualTo(new PromptOverlap(2, 1, List.of("held:1:1 ~ train:1:1"), 3, 3));
    assertThat(overlap.text())
        .isEqualTo(
            "2 held-out rows have a prompt that is also trained on; 1 more have a prompt that is"
                + " nearly the same as one that is trained on, such as held:1:1 ~ train:1:1");
  }

  @Test
  void findsEachOfManyNearDuplicatesAndNothingElse() {
    PromptOverlap.Builder builder = new PromptOverlap.Builder();
    int prompts = 300;
    for (int i = 0; i < prompts; i++) {
      builder.training(row("train", i + 1, words(1000 * i, 1000 * i + 200)));
      // One word more of 201: 198 shingles of 199 are shared, an index of 0.995.
      builder.heldOut(row("held", i + 1, words(1000 * i, 1000 * i + 201)));
    }
    PromptOverlap overlap = builder.build();
    assertThat(overlap.near()).isEqualTo(prompts);
    assertThat(overlap.same()).isZero();
    assertThat(overlap.examples()).containsExactly("held:1:1 ~ train:1:1", "held:2:1 ~ train:2:1");
  }

  @Test
  void aSetOfHashesHoldsWhatWasAdded() {
    TextHashes hashes = new TextHashes();
    for (long i = 0; i < 10_000; i++) {
      assertThat(hashes.add(3 * i)).isTrue(); // 0 among them
    }
    assertThat(hashes.size()).isEqualTo(10_000);
    assertThat(hashes.add(48)).isFalse();
    assertThat(hashes.contains(0)).isTrue();
    assertThat(hashes.contains(50)).isFalse();
    assertThat(TextHashes.of("ab")).isNotEqualTo(TextHashes.of("ba"));
  }
}
