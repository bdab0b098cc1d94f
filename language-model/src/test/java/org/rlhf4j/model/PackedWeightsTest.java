package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.adapter.LinearModule;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.Precision;

/** When weights are packed while sampling, and that nothing but speed comes of it. */
class PackedWeightsTest {
  private static final int ENOUGH = PackedWeights.PAID_BACK;

  /** Elsewhere than with oneDNN nothing is weights. */
  private static final boolean PACKS =
      Set.of("amd64", "x86_64").contains(System.getProperty("os.arch"));

  private static final SamplingSettings SETTINGS = SamplingSettings.of(20, 1);

  private final int[] prompt = new RandomTokens(8).ids(4);

  @Test
  void packsWhereManyStepsOfFewRowsWereMadeAndMayCome() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      assertThat(packs(model, 16, ENOUGH, 16, ENOUGH)).isTrue();
      assertThat(packs(model, 2, ENOUGH, 2, ENOUGH)).isTrue();
      assertThat(packs(model, 1, ENOUGH, 2, ENOUGH)).isFalse();
      assertThat(packs(model, 2, ENOUGH, 1, ENOUGH)).isFalse();
      assertThat(packs(model, 17, ENOUGH, 16, ENOUGH)).isFalse();
      assertThat(packs(model, 16, ENOUGH, 17, ENOUGH)).isFalse();
      assertThat(packs(model, 16, ENOUGH - 1, 16, ENOUGH)).isFalse();
      assertThat(packs(model, 16, ENOUGH, 16, ENOUGH - 1)).isFalse();
    }
  }

  /** In bf16 any number of rows gains, from the first step on. */
  @Test
  void packsAtOnceInBf16() throws IOException {
    int enough = PackedWeights.PAID_BACK_IN_BF16;
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder(), Precision.BF16)) {
      assertThat(packs(model, 1, 0, 1, enough)).isTrue();
      assertThat(packs(model, 64, 0, 64, enough)).isTrue();
      assertThat(packs(model, 64, 0, 64, enough - 1)).isFalse();
    }
  }

  /** All that has two dimensions is multiplied with but the table of positions, [64, C]. */
  @Test
  void theirBytesAreThoseOfTheMatrices() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      long matrices =
          model.weights().list().stream()
              .filter(weight -> weight.getShape().dimension() == 2)
              .mapToLong(weight -> weight.size())
              .sum();
      long positions = 64L * model.config().dimensions().hidden();
      assertThat(Generator.packedWeightBytes(model, 2 * ENOUGH))
          .isEqualTo(4 * (matrices - positions));
      assertThat(Generator.packedWeightBytes(model, 2 * ENOUGH - 1)).isZero();
    }
    int enough = PackedWeights.PAID_BACK_IN_BF16;
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder(), Precision.BF16)) {
      int hidden = model.config().dimensions().hidden();
      long vocabulary = model.config().dimensions().vocabulary();
      long layers =
          model.weights().list().stream()
              .filter(weight -> weight.getShape().dimension() == 2)
              .mapToLong(weight -> weight.size())
              .sum();
      assertThat(Generator.packedWeightBytes(model, enough))
          .isEqualTo(2 * (layers - (64 + vocabulary) * hidden));
      assertThat(Generator.packedWeightBytes(model, enough - 1)).isZero();
    }
  }

  private static boolean packs(LanguageModel model, int rows, int made, int nextRows, int ahead) {
    try (PackedWeights weights = new PackedWeights(model)) {
      weights.after(rows, made);
      weights.before(nextRows, ahead);
      return weights.weightsPacked();
    }
  }

  @EveryFamily
  void packedWeightsGiveTheSameLogprobs(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder());
        PackedWeights weights = packedWeights(model)) {
      assertThat(weights.weightsPacked()).isTrue();
      for (Sampled sampled : sample(model)) {
        assertThat(sampled.logprobs()).containsExactly(full(model, sampled), within(1e-5f));
      }
    }
  }

  /**
   * bf16 rounds after each product, and a packed one adds up in another order: as far apart as a
   * row decoded alone is from a whole row.
   */
  @EveryFamily
  void packedBf16WeightsGiveLogprobsAsNear(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder(), Precision.BF16);
        PackedWeights weights = packedWeights(model)) {
      assertThat(weights.weightsPacked()).isTrue();
      double difference = 0;
      int tokens = 0;
      for (Sampled sampled : sample(model)) {
        float[] full = full(model, sampled);
        for (int t = 0; t < full.length; t++, tokens++) {
          difference += Math.abs(full[t] - sampled.logprobs()[t]);
        }
      }
      assertThat(difference / tokens).isLessThan(0.02);
    }
  }

  /**
   * The control: copies of weights that changed since are what is multiplied with, until closed.
   */
  @Test
  void whatIsPackedIsUsedUntilClosed() throws IOException {
    assumeThat(PACKS).isTrue();
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder())) {
      List<List<Integer>> before = ids(sample(model));
      try (PackedWeights weights = packedWeights(model)) {
        change(model);
        assertThat(ids(sample(model))).isEqualTo(before);
      }
      assertThat(ids(sample(model))).isNotEqualTo(before);
    }
  }

  /**
   * 40 × 20 tokens on 2 rows: a pair's first tokens come from its prompts, the others from 19
   * steps. The 256th is the 14th pair's. When the 16th begins the weights are changed: the rest
   * comes out as without. Afterwards nothing is weights.
   */
  @Test
  void aLongRolloutPacksAndLeavesNothingPacked() throws IOException {
    assumeThat(PACKS).isTrue();
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder())) {
      List<List<Integer>> undisturbed = ids(longRollout(model, () -> {}));
      List<List<Integer>> disturbed = ids(longRollout(model, () -> change(model)));
      assertThat(disturbed).isEqualTo(undisturbed);

      assertThat(ids(longRollout(model, () -> {}))).isNotEqualTo(undisturbed);
    }
  }

  private List<Sampled> longRollout(LanguageModel model, Runnable atSixteenthPair) {
    int[] asked = {0}; // after each first token; at the end there is nothing to ask
    SamplingListener listener =
        SamplingListener.until(
            ids -> {
              if (++asked[0] == 16 * 2) {
                atSixteenthPair.run();
              }
              return false;
            });
    return Generator.generate(model, SETTINGS, new int[0], listener, requests(40), 2).stream()
        .flatMap(List::stream)
        .toList();
  }

  private static PackedWeights packedWeights(LanguageModel model) {
    PackedWeights weights = new PackedWeights(model);
    weights.after(2, ENOUGH);
    weights.before(2, ENOUGH);
    return weights;
  }

  private List<Sampled> sample(LanguageModel model) {
    return Generator.generate(model, SETTINGS, new int[0], requests(3), 3).stream()
        .flatMap(List::stream)
        .toList();
  }

  private List<GenerationRequest> requests(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new GenerationRequest(prompt, List.of(new SampleKey(1, 1, i, 0))))
        .toList();
  }

  private float[] full(LanguageModel model, Sampled sampled) {
    PackedTokens tokens = PackedTokens.of(List.of(TokenTree.of(prompt, sampled.ids())));
    return model.logprobs(tokens, 1).logprobs();
  }

  /** Layers pass on what comes in: their matrices are 0. */
  private static void change(LanguageModel model) {
    for (LinearModule module : LinearModule.all(model.weights().specs())) {
      model
          .weights()
          .change(module.parameter(), memory -> memory.put(new byte[memory.remaining()]));
    }
  }

  private static List<List<Integer>> ids(List<Sampled> sampled) {
    return sampled.stream().map(one -> Arrays.stream(one.ids()).boxed().toList()).toList();
  }
}
