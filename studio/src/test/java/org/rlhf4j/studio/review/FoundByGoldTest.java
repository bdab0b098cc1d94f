package org.rlhf4j.studio.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.studio.label.Annotators;
import org.rlhf4j.studio.label.Gold;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelled;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;

/** Simulated labellers in a studio, of whom gold items tell who is careless and who contrary. */
class FoundByGoldTest {

  private static final int ITEMS = 60;

  @TempDir Path folder;
  private Labels labels;
  private Project project;

  @BeforeEach
  void open() {
    labels = Labelled.in(folder.resolve("store"));
    project = Labelled.project(labels, "p", Labelled.pairs(ITEMS));
    project = labels.projects().change(project, "", 4);
    Labelled.gold(labels, project, 30);
    new Gold(labels.store()).change(project, 0.3);
  }

  @AfterEach
  void close() {
    labels.store().close();
  }

  /** Labels all; the better completion is the one that says so. */
  private void label(String name, BiPredicate<Random, Labelling.Task> isRight) {
    long annotator = new Annotators(labels.store(), Clock.systemUTC()).named(name);
    Random random = new Random(7);
    for (var task = labels.labelling().next(project, annotator); task.isPresent(); ) {
      Item item = task.get().item();
      int good = item.completions().get(0).asText().contains("good") ? 0 : 1;
      int better = isRight.test(random, task.get()) ? good : 1 - good;
      Labelling.Given given =
          Labelled.answer(item, "{'better': %s, 'strength': 2}".formatted(better));
      task = labels.labelling().take(project, annotator, given);
    }
  }

  @Test
  void theCarelessAndTheContraryAreNamedAndNobodyElse() {
    label("careful", (random, task) -> random.nextInt(20) > 0);
    label("looks left", (random, task) -> task.shown().get(0) == 0 || random.nextInt(20) > 5);
    label("careless", (random, task) -> random.nextBoolean());
    label("contrary", (random, task) -> random.nextInt(20) == 0);
    Map<String, String> found = new HashMap<>();
    for (GoldAccuracy one : GoldAccuracy.of(labels.store(), project)) {
      found.put(one.name(), one.found());
      assertThat(one.answered()).isGreaterThan(10);
    }
    assertThat(found)
        .isEqualTo(
            Map.of(
                "careful", "", "looks left", "", "careless", "careless", "contrary", "contrary"));
  }

  /**
   * Intervals by hand: 2 of 4 is 15.0 to 85.0 %, 8 of 20 is 21.9 to 61.3 %, 1 of 10 1.8 to 40.4 %.
   */
  @ParameterizedTest
  @CsvSource({"4, 2, ''", "20, 8, careless", "20, 14, ''", "10, 1, contrary", "1, 0, ''"})
  void nobodyIsNamedForTooFewAnswers(int answered, int right, String found) {
    assertThat(GoldAccuracy.of(1, "a", answered, right).found()).isEqualTo(found);
  }

  /**
   * Drawn over seeds, and held against the binomial sum: who is named with how many right answers
   * is known by hand. Of 20 these are up to 11, of 40 up to 24: 11/20 is 34.2 to 74.2 %, 12/20 ends
   * at 78.1 %; 24/40 is 44.6 to 73.7 %, 25/40 ends at 75.8 %.
   */
  @ParameterizedTest
  @CsvSource({
    "20, 11, 0.5, 0.748",
    "40, 24, 0.5, 0.923",
    "20, 11, 0.8, 0.010",
    "40, 24, 0.8, 0.003",
    "20, 11, 0.95, 0.000"
  })
  void soOftenIsSomebodyNamed(int answered, int most, double right, double said) {
    double exact = 0;
    for (int k = 0; k <= most; k++) {
      double ways = 1;
      for (int i = 0; i < k; i++) {
        ways = ways * (answered - i) / (i + 1);
      }
      exact += ways * Math.pow(right, k) * Math.pow(1 - right, answered - k);
    }
    assertThat(exact).isCloseTo(said, within(5e-4));
    int seeds = 20_000;
    int named = 0;
    for (int seed = 0; seed < seeds; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int good = (int) random.doubles(answered).filter(draw -> draw < right).count();
      named += GoldAccuracy.of(1, "a", answered, good).found().isEmpty() ? 0 : 1;
    }
    assertThat((double) named / seeds).isCloseTo(exact, within(4 * Math.sqrt(0.25 / seeds)));
  }

  @Test
  void intervalsAreThoseOfScipy() throws IOException {
    JsonNode fixture =
        new ObjectMapper().readTree(Path.of("src/test/resources/fixtures/labellers.json").toFile());
    for (JsonNode labeller : fixture.get("labellers")) {
      JsonNode gold = labeller.get("gold");
      GoldAccuracy ours = GoldAccuracy.of(1, "a", gold.get(0).intValue(), gold.get(1).intValue());
      assertThat(ours.low()).isCloseTo(gold.get(2).doubleValue(), within(1e-6));
      assertThat(ours.high()).isCloseTo(gold.get(3).doubleValue(), within(1e-6));
    }
  }
}
