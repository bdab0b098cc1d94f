package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UsageException;

/** The first token after one prompt, drawn 20,000 times, against what the model says of it. */
class SamplingDistributionTest {
  private static final int DRAWS = 20_000;
  private static final int VOCABULARY = 97;

  /** A χ² of 96 degrees of freedom is above 96 + 4 √192 once in 20,000 times. */
  private static final double FITS = 151;

  private final int[] prompt = new RandomTokens(2).ids(6);
  private LanguageModel model;

  @BeforeEach
  void load() throws IOException {
    model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder());
  }

  @AfterEach
  void close() {
    model.close();
  }

  @ParameterizedTest
  @CsvSource({"1", "0.7", "1.6"})
  void frequenciesFollowTheTemperedSoftmax(double temperature) {
    int[] counts = counts(SamplingSettings.of(1, temperature));

    assertThat(chiSquared(counts, probabilities(temperature))).isLessThan(FITS);
    assertThat(chiSquared(counts, probabilities(temperature * 1.2))).isGreaterThan(2 * FITS);
  }

  @Test
  void topKDrawsFromTheKMostProbableInProportion() {
    double[] p = probabilities(1);
    List<Integer> best = byProbability(p).subList(0, 5);
    int[] counts = counts(new SamplingSettings(1, 1, 5, 1));

    assertThat(drawn(counts)).isEqualTo(new HashSet<>(best));
    // 4 degrees of freedom: above 4 + 6 √8 = 21 once in 3,000 times
    assertThat(chiSquared(counts, kept(p, best))).isLessThan(21);
  }

  @Test
  void topPDrawsFromTheSmallestSetThatHoldsTheMass() {
    double[] p = probabilities(1);
    List<Integer> order = byProbability(p);
    int size = 0;
    for (double mass = 0; mass < 0.4; size++) {
      mass += p[order.get(size)];
    }
    assertThat(size).isBetween(3, 60);
    int[] counts = counts(new SamplingSettings(1, 1, 0, 0.4));

    assertThat(drawn(counts)).isEqualTo(new HashSet<>(order.subList(0, size)));
    assertThat(chiSquared(counts, kept(p, order.subList(0, size)))).isLessThan(FITS);
  }

  @Test
  void theMostProbableTokenIsAlwaysLeft() {
    int best = byProbability(probabilities(1)).get(0);

    assertThat(drawn(counts(new SamplingSettings(1, 1, 0, 1e-9)))).containsExactly(best);
    assertThat(drawn(counts(new SamplingSettings(1, 1, 1, 1)))).containsExactly(best);
    assertThat(drawn(counts(SamplingSettings.of(1, 0)))).containsExactly(best);
    assertThat(drawn(counts(new SamplingSettings(1, 1, 500, 1))).size()).isGreaterThan(80);
  }

  @Test
  void aLogprobIsThatOfTheDistributionDrawnFrom() {
    double[] p = probabilities(0.7);
    for (Sampled sampled : draw(SamplingSettings.of(1, 0.7), 100)) {
      double expected = Math.log(p[sampled.ids()[0]]);
      assertThat((double) sampled.logprobs()[0]).isCloseTo(expected, within(1e-5));
    }
    double[] topped = kept(probabilities(1), byProbability(probabilities(1)).subList(0, 5));
    for (Sampled sampled : draw(new SamplingSettings(1, 1, 5, 1), 100)) {
      double expected = Math.log(topped[sampled.ids()[0]]);
      assertThat((double) sampled.logprobs()[0]).isCloseTo(expected, within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0, 1, --max-new-tokens is 0; it must be at least 1",
    "1, -0.1, 0, 1, --temperature is -0.1; it must be 0 or more",
    "1, NaN, 0, 1, --temperature is NaN; it must be 0 or more",
    "1, 1, -1, 1, --top-k is -1; it must be 0 (all) or more",
    "1, 1, 0, 0, --top-p is 0.0; it must be above 0 and at most 1",
    "1, 1, 0, 1.5, --top-p is 1.5; it must be above 0 and at most 1"
  })
  void refusesWhatNoSamplingCanMean(
      int tokens, double temperature, int topK, double topP, String message) {
    assertThatThrownBy(() -> new SamplingSettings(tokens, temperature, topK, topP))
        .isInstanceOf(UsageException.class)
        .hasMessage(message);
  }

  private int[] counts(SamplingSettings settings) {
    int[] counts = new int[VOCABULARY];
    draw(settings, DRAWS).forEach(sampled -> counts[sampled.ids()[0]]++);
    return counts;
  }

  private List<Sampled> draw(SamplingSettings settings, int times) {
    List<SampleKey> keys =
        IntStream.range(0, times).mapToObj(i -> new SampleKey(11, 0, 0, i)).toList();
    return Generator.generate(
            model, settings, new int[] {0}, List.of(new GenerationRequest(prompt, keys)), times)
        .get(0);
  }

  /** The model's distribution after the prompt, from log-probabilities of every token. */
  private double[] probabilities(double temperature) {
    List<int[]> every = IntStream.range(0, VOCABULARY).mapToObj(id -> new int[] {id}).toList();
    PackedTokens tokens = PackedTokens.of(List.of(new TokenTree(prompt, every)));
    float[] logprobs = model.logprobs(tokens, temperature).logprobs();
    return IntStream.range(0, VOCABULARY).mapToDouble(id -> Math.exp(logprobs[id])).toArray();
  }

  private static List<Integer> byProbability(double[] p) {
    return IntStream.range(0, p.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer id) -> -p[id]))
        .toList();
  }

  /** The distribution cut to some tokens. */
  private static double[] kept(double[] p, List<Integer> ids) {
    double mass = ids.stream().mapToDouble(id -> p[id]).sum();
    double[] kept = new double[p.length];
    ids.forEach(id -> kept[id] = p[id] / mass);
    return kept;
  }

  private static Set<Integer> drawn(int[] counts) {
    Set<Integer> drawn = new HashSet<>();
    IntStream.range(0, counts.length).filter(id -> counts[id] > 0).forEach(drawn::add);
    return drawn;
  }

  /** Σ (observed − expected)² / expected. */
  private static double chiSquared(int[] counts, double[] p) {
    int draws = Arrays.stream(counts).sum();
    double sum = 0;
    for (int id = 0; id < counts.length; id++) {
      double expected = draws * p[id];
      sum += expected == 0 ? 0 : Math.pow(counts[id] - expected, 2) / expected;
    }
    return sum;
  }
}
