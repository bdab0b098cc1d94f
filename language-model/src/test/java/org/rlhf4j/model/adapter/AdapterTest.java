package org.rlhf4j.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.AdapterMerge;
import org.rlhf4j.model.EveryFamily;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.Gradients;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.RandomTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.model.random.CounterRandom;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UsageException;

/** What holds of adapters on every family, whatever its matrices are called. */
class AdapterTest {
  private static final LoraConfig ALL =
      new LoraConfig(2, 3, 0, false, List.of(LoraConfig.ALL_LINEAR));
  private static final LoraConfig USUAL = new LoraConfig(2, 4, 0, false, List.of());
  private static final LoraConfig DROPPING = new LoraConfig(2, 4, 0.3, false, List.of());

  @TempDir private Path temp;

  private final RandomTokens random = new RandomTokens(21);
  private final List<TokenTree> trees = List.of(random.tree(5, 9, 4), random.tree(3, 7));
  private final PackedTokens tokens = PackedTokens.of(trees);

  @EveryFamily
  void aFreshAdapterChangesNothing(String name) throws IOException {
    Path folder = Fixture.of(name).folder();
    try (LanguageModel base = LanguageModel.load(folder);
        LanguageModel adapted = LanguageModel.load(folder, ALL, 1)) {
      float[] expected = base.logprobs(tokens, 1).logprobs();
      assertThat(adapted.logprobs(tokens, 1).logprobs()).containsExactly(expected);
      fillB(adapted, 2);
      assertThat(adapted.logprobs(tokens, 1).logprobs()).isNotEqualTo(expected);
    }
  }

  /**
   * Merged, W' = W + s A B gives the same numbers and samples; and with G the whole model's
   * gradient of W' the adapter's are ∂L/∂A = s G Bᵀ, ∂L/∂B = s Aᵀ G: every matrix of every layer,
   * held against full training.
   */
  @EveryFamily
  void allIsAsWithTheMergedModel(String name) throws IOException {
    try (LanguageModel adapted = LanguageModel.load(Fixture.of(name).folder(), ALL, 1)) {
      fillB(adapted, 2);
      try (LanguageModel merged = LanguageModel.load(merged(adapted))) {
        assertThat(merged.isAdapted()).isFalse();
        assertThat(adapted.logprobs(tokens, 1).logprobs())
            .containsExactly(merged.logprobs(tokens, 1).logprobs(), within(1e-5f));
        assertThat(greedy(adapted)).containsExactly(greedy(merged));
        float[] weights = random.weights(tokens.predicted());
        adapted.accumulate(tokens, 1, weights);
        merged.accumulate(tokens, 1, weights);
        Gradients whole = Gradients.take(merged.parameters());
        Gradients factors = Gradients.take(adapted.parameters());
        for (LinearModule module : LinearModule.all(merged.parameters().specs())) {
          checkFactors(module, adapted, whole, factors);
        }
      }
    }
  }

  private static void checkFactors(
      LinearModule module, LanguageModel adapted, Gradients whole, Gradients factors) {
    int r = ALL.rank();
    int in = (int) module.in();
    int out = (int) module.out();
    int width = Math.toIntExact(whole.specs().get(module.parameter()).shape().get(1));
    float[] g = whole.values().get(module.parameter());
    float[] a = adapted.parameters().get(module.name() + ".lora_A.weight").toFloatArray();
    float[] b = adapted.parameters().get(module.name() + ".lora_B.weight").toFloatArray();
    double[] byA = new double[in * r];
    double[] byB = new double[r * out];
    for (int i = 0; i < in; i++) {
      for (int o = 0; o < out; o++) {
        double at = ALL.scale() * g[i * width + module.column() + o];
        for (int k = 0; k < r; k++) {
          byA[i * r + k] += at * b[k * out + o];
          byB[k * out + o] += at * a[i * r + k];
        }
      }
    }
    assertClose(factors.get(module.name() + ".lora_A.weight"), byA, module.name());
    assertClose(factors.get(module.name() + ".lora_B.weight"), byB, module.name());
  }

  private static void assertClose(float[] ours, double[] expected, String name) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(largest).as(name).isPositive();
    assertThat(ours).as(name).hasSameSizeAs(expected);
    for (int i = 0; i < ours.length; i++) {
      assertThat((double) ours[i]).as(name).isCloseTo(expected[i], within(1e-3 * largest));
    }
  }

  /** Rank 2 on q (32 to 32) and v (32 to 16) of 2 layers: 2 · 2 · (32 + 32 + 32 + 16) = 448. */
  @Test
  void onlyTheAdapterCollectsGradients() throws IOException {
    try (LanguageModel model =
        LanguageModel.load(Fixture.of("llama-gqa-tied").folder(), USUAL, 1)) {
      float[] before = model.weights().list().get(2).toFloatArray();
      model.accumulate(tokens, 1, random.weights(tokens.predicted()));
      assertThat(model.parameters().count()).isEqualTo(448);
      assertThat(model.parameters().list()).allMatch(NDArray::hasGradient);
      assertThat(model.weights().list()).noneMatch(NDArray::hasGradient);
      assertThat(model.weights().list().get(2).toFloatArray()).containsExactly(before);
    }
  }

  @Test
  void aRewardModelTrainsItsHeadToo() throws IOException {
    Path folder = Fixture.of("llama-gqa-tied").folder();
    try (ScalarModel model = ScalarModel.loadOrStart(folder, USUAL, 1, Precision.FP32)) {
      assertThat(model.parameters().count()).isEqualTo(448 + 32);
      try (ScalarPass pass = model.forwardScores(tokens)) {
        pass.backward(pass.scalars().sum());
      }
      assertThat(Gradients.take(model.parameters()).get(Family.SCALAR_HEAD)).doesNotContain(0f);
    }
    try (ScalarModel trained = ScalarModel.load(Fixture.of("llama-reward").folder());
        ScalarModel adapted = trained.adapted(USUAL, 1)) {
      assertThat(adapted.scores(tokens)).containsExactly(trained.scores(tokens));
      assertThat(adapted.parameters().get(Family.SCALAR_HEAD))
          .isNotSameAs(trained.parameters().get(Family.SCALAR_HEAD));
    }
  }

  @Test
  void aFreshAIsUniformWithinOneByTheRootOfItsInputs() throws IOException {
    LoraConfig wide = new LoraConfig(64, 1, 0, false, List.of("q_proj"));
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder(), wide, 3);
        LanguageModel same = LanguageModel.load(Fixture.of("llama-gqa-tied").folder(), wide, 3)) {
      float[] a = model.parameters().list().get(0).toFloatArray(); // 64 · 32 numbers
      double bound = 1 / Math.sqrt(32);
      double square = 0;
      for (float x : a) {
        assertThat((double) x).isBetween(-bound, bound);
        square += x * x / a.length;
      }
      // A uniform's variance is bound²/3; of 2,048 squares' mean ± 5 · bound² · √(4/45/2048).
      assertThat(square / bound / bound).isCloseTo(1 / 3.0, within(0.033));
      assertThat(same.parameters().list().get(0).toFloatArray()).containsExactly(a);
    }
  }

  @Test
  void modelsOnTheSameBaseHaveItOnce() throws IOException {
    Path folder = Fixture.of("llama-gqa-tied").folder();
    LanguageModel policy = LanguageModel.load(folder, USUAL, 1);
    LanguageModel reference = policy.copy();
    ScalarModel rewardModel = ScalarModel.load(Fixture.of("lora-reward").folder(), policy);
    ScalarModel critic = rewardModel.adapted(new LoraConfig(4, 8, 0, false, List.of()), 1);
    ScalarModel fromPolicy = ScalarModel.from(policy, 1);
    LanguageModel other = LanguageModel.load(folder, policy);
    assertThat(policy.modelsOnItsWeights()).isEqualTo(6);

    float[] expected = reference.logprobs(tokens, 1).logprobs();
    float[] scores = rewardModel.scores(tokens);
    fillB(policy, 2);
    assertThat(policy.logprobs(tokens, 1).logprobs()).isNotEqualTo(expected);
    assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(expected);
    assertThat(critic.scores(tokens)).containsExactly(scores);
    policy.close();
    assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(expected);
    assertThat(other.logprobs(tokens, 1).logprobs()).containsExactly(expected);
    for (AutoCloseable model : List.of(reference, rewardModel, critic, fromPolicy, other)) {
      closed(model);
    }
    try (ScalarModel alone = ScalarModel.load(Fixture.of("lora-reward").folder())) {
      assertThat(alone.scores(tokens)).containsExactly(scores);
    }
  }

  private static void closed(AutoCloseable model) {
    try {
      model.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void weightsThatAreTrainedAreNotLent() throws IOException {
    Path folder = Fixture.of("llama-gqa-tied").folder();
    try (LanguageModel policy = LanguageModel.load(folder);
        ScalarModel rewardModel = ScalarModel.load(Fixture.of("lora-reward").folder(), policy);
        LanguageModel elsewhere = LanguageModel.load(Fixture.of("gpt2").folder(), USUAL, 1);
        LanguageModel other = LanguageModel.load(folder, elsewhere)) {
      assertThat(policy.modelsOnItsWeights()).isEqualTo(1);
      assertThat(elsewhere.modelsOnItsWeights()).isEqualTo(1);
      assertThat(rewardModel.isAdapted()).isTrue();
      assertThat(other.isAdapted()).isFalse();
    }
  }

  private int[] greedy(LanguageModel model) {
    List<SampleKey> key = List.of(new SampleKey(0, 0, 0, 0));
    GenerationRequest request = new GenerationRequest(trees.get(0).prompt(), key);
    return Generator.generate(model, SamplingSettings.of(12, 0), new int[0], List.of(request), 1)
        .get(0)
        .get(0)
        .ids();
  }

  @Test
  void dropoutIsOfTheStepAndTheTextAlone() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder(), DROPPING, 1)) {
      fillB(model, 2);
      float[] whole = model.logprobs(tokens, 1).logprobs();
      assertThat(trained(model, tokens)).containsExactly(whole, within(1e-6f));
      model.drawDropout(7, 1);
      float[] first = trained(model, tokens);
      assertThat(model.logprobs(tokens, 1).logprobs()).containsExactly(whole);
      assertThat(distance(first, whole)).isGreaterThan(1e-2);
      // the second tree alone is drawn as beside the first
      PackedTokens alone = PackedTokens.of(trees.subList(1, 2));
      int start = tokens.start(2);
      assertThat(trained(model, alone))
          .containsExactly(Arrays.copyOfRange(first, start, first.length), within(1e-5f));
      model.drawDropout(7, 2);
      assertThat(distance(trained(model, tokens), first)).isGreaterThan(1e-2);
      model.drawDropout(7, 1);
      assertThat(trained(model, tokens)).containsExactly(first);
    }
  }

  private static float[] trained(LanguageModel model, PackedTokens tokens) {
    return model.accumulate(tokens, 1, new float[tokens.predicted()]);
  }

  private static double distance(float[] x, float[] y) {
    double worst = 0;
    for (int i = 0; i < x.length; i++) {
      worst = Math.max(worst, Math.abs(x[i] - y[i]));
    }
    return worst;
  }

  /**
   * The gradient under dropout against central differences of the loss, along a random direction.
   */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama-gqa-tied"})
  void gradientsUnderDropoutAreThoseOfWhatWasDropped(String name) throws IOException {
    LoraConfig dropping = new LoraConfig(2, 4, 0.3, false, List.of(LoraConfig.ALL_LINEAR));
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder(), dropping, 1)) {
      fillB(model, 2);
      model.drawDropout(7, 1);
      float[] weights = random.weights(tokens.predicted());
      model.accumulate(tokens, 1, weights);
      Gradients gradients = Gradients.take(model.parameters());
      double expected = 0;
      double step = 2e-3;
      Parameters start = model.parameters().copy();
      for (int i = 0; i < start.specs().size(); i++) {
        float[] gradient = gradients.values().get(i);
        for (int j = 0; j < gradient.length; j++) {
          expected += gradient[j] * direction(i, j);
        }
      }
      double above = lossAt(model, start, step, weights);
      double below = lossAt(model, start, -step, weights);
      start.close();
      assertThat((above - below) / (2 * step))
          .isCloseTo(expected, within(0.02 * Math.abs(expected)));
    }
  }

  private static double direction(int i, int j) {
    return 0.1 * (2 * new CounterRandom(5, i).uniform(j) - 1);
  }

  private double lossAt(LanguageModel model, Parameters start, double step, float[] weights) {
    for (int i = 0; i < start.specs().size(); i++) {
      int index = i;
      ByteBuffer from = start.read(i);
      model
          .parameters()
          .change(
              i,
              to -> {
                for (int j = 0; from.hasRemaining(); j++) {
                  to.putFloat((float) (from.getFloat() + step * direction(index, j)));
                }
              });
    }
    float[] logprobs = trained(model, tokens);
    double loss = 0;
    for (int i = 0; i < logprobs.length; i++) {
      loss += weights[i] * logprobs[i];
    }
    return loss;
  }

  @Test
  void targetsAreEndsOfNames() throws IOException {
    Path folder = Fixture.of("llama-gqa-tied").folder();
    LoraConfig mlp =
        new LoraConfig(1, 1, 0, false, List.of("mlp.up_proj", "layers.0.mlp.down_proj"));
    try (LanguageModel model = LanguageModel.load(folder, mlp, 1)) {
      assertThat(model.parameters().specs().stream().map(ParameterSpec::name))
          .containsExactly(
              "layers.0.mlp.up_proj.lora_A.weight",
              "layers.0.mlp.up_proj.lora_B.weight",
              "layers.0.mlp.down_proj.lora_A.weight",
              "layers.0.mlp.down_proj.lora_B.weight",
              "layers.1.mlp.up_proj.lora_A.weight",
              "layers.1.mlp.up_proj.lora_B.weight");
    }
    LoraConfig unknown = new LoraConfig(1, 1, 0, false, List.of("up_proj", "p_proj"));
    assertThatThrownBy(() -> LanguageModel.load(folder, unknown, 1))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            "--lora-targets: this model has no module 'p_proj'; it has down_proj, gate_proj,"
                + " k_proj, o_proj, q_proj, up_proj, v_proj; or use all-linear");
  }

  /** Draws all B, which fresh adapters have zero. */
  private static void fillB(LanguageModel model, long seed) {
    Parameters parameters = model.parameters();
    for (int i = 1; i < parameters.specs().size(); i += 2) {
      CounterRandom numbers = new CounterRandom(seed, i);
      parameters.change(
          i,
          memory -> {
            for (int j = 0; memory.hasRemaining(); j++) {
              memory.putFloat((float) (0.3 * numbers.normal(j)));
            }
          });
    }
  }

  private Path merged(LanguageModel adapted) throws IOException {
    Path adapter = Files.createTempDirectory(temp, "adapter");
    Path merged = Files.createTempDirectory(temp, "merged");
    adapted.save(adapter);
    AdapterMerge.of(adapter).write(merged, SaveFormat.DEFAULT);
    return merged;
  }
}
