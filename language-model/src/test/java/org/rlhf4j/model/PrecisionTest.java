package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.torch.Bf16;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.WeightUpdate;
import org.rlhf4j.settings.Precision;

/** Networks in bf16: near fp32, never equal to it, and trained by fp32 weights. */
class PrecisionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of("all-linear"));
  private static final WeightUpdate.AdamWConstants ADAM =
      new WeightUpdate.AdamWConstants(0.9, 0.999, 1e-8, 0);

  private final RandomTokens random = new RandomTokens(23);
  private final PackedTokens tokens =
      PackedTokens.of(List.of(random.tree(11, 6, 9), random.tree(4, 8), random.tree(0, 7)));
  private final float[] weights = random.weights(tokens.predicted());

  @TempDir private Path temp;

  // ---- what is computed ----------------------------------------------------------------------

  /**
   * Against the numbers of transformers: on average no farther from fp32 than transformers in bf16
   * is, by half as much again, and as near to that as two roundings of the same may be.
   */
  @EveryFamily
  void logprobsAreAsNearToFp32AsThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode theirs = JSON.readTree(Checkpoints.FIXTURES.resolve("bf16.json").toFile());
    JsonNode rounded = theirs.get("checkpoints").get(name);
    double bound = 1.5 * rounded.get("mean_difference").doubleValue();
    List<float[]> ours = new ArrayList<>();
    List<float[]> exact = new ArrayList<>();
    List<float[]> bf16 = new ArrayList<>();
    try (LanguageModel model = LanguageModel.load(fixture.folder(), Precision.BF16)) {
      for (JsonNode sequence : fixture.expected().get("sequences")) {
        TokenTree row = new TokenTree(new int[0], List.of(Fixture.ints(sequence.get("ids"))));
        bf16.add(Fixture.floats(rounded.get("logprobs").get(ours.size())));
        ours.add(model.logprobs(PackedTokens.of(List.of(row)), 1).logprobs());
        exact.add(Fixture.floats(sequence.get("at").get(0).get("logprobs")));
      }
      assertThat(model.divergences(model, tokens, 1)).containsOnly(0);
    }
    assertThat(meanDifference(ours, exact)).isBetween(1e-4, bound);
    assertThat(meanDifference(ours, bf16)).isBetween(1e-4, bound);
  }

  @EveryFamily
  void whatIsSampledIsRescoredAsNear(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder(), Precision.BF16)) {
      List<SampleKey> keys = List.of(new SampleKey(0, 0, 0, 0), new SampleKey(0, 0, 0, 1));
      List<GenerationRequest> requests =
          List.of(
              new GenerationRequest(random.ids(9), keys),
              new GenerationRequest(random.ids(3), keys.subList(0, 1)));
      List<List<Sampled>> sampled =
          Generator.generate(model, SamplingSettings.of(12, 1), new int[0], requests, 8);
      List<float[]> drawn = new ArrayList<>();
      List<float[]> again = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        List<int[]> ids = sampled.get(i).stream().map(Sampled::ids).toList();
        TokenTree tree = new TokenTree(requests.get(i).prompt(), ids);
        PackedTokens tokens = PackedTokens.of(List.of(tree));
        float[] rescored = model.logprobs(tokens, 1).logprobs();
        for (int n = 0; n < ids.size(); n++) {
          drawn.add(sampled.get(i).get(n).logprobs());
          again.add(Arrays.copyOfRange(rescored, tokens.start(n), tokens.start(n + 1)));
        }
      }
      assertThat(meanDifference(drawn, again)).isLessThan(Precision.BF16.tolerance());
    }
  }

  @Test
  void scoresAreNearThoseInFp32() throws IOException {
    for (String name : List.of("gpt2-reward", "llama-reward")) {
      Path folder = Fixture.of(name).folder();
      try (ScalarModel exact = ScalarModel.load(folder);
          ScalarModel rounded = ScalarModel.load(folder, Precision.BF16)) {
        List<float[]> ours = List.of(rounded.scores(tokens), rounded.values(tokens));
        List<float[]> expected = List.of(exact.scores(tokens), exact.values(tokens));
        assertThat(meanDifference(ours, expected)).isBetween(1e-4, 0.05);
      }
    }
  }

  // ---- gradients -----------------------------------------------------------------------------

  @EveryFamily
  void gradientsPointWhereThoseInFp32Do(String name) throws IOException {
    Path folder = Fixture.of(name).folder();
    try (LanguageModel exact = LanguageModel.load(folder, null, 0);
        LanguageModel rounded = LanguageModel.load(folder, null, 0, Precision.BF16)) {
      assertThat(cosine(known(rounded), known(exact))).isBetween(0.99, 1 - 1e-9);
      assertThat(cosine(byLoss(rounded), byLoss(exact))).isBetween(0.99, 1 - 1e-9);
      float[] kept = byLoss(rounded);
      rounded.checkpointGradients(true);
      assertThat(byLoss(rounded)).containsExactly(kept);
    }
  }

  @EveryFamily
  void soDoThoseOfAdapters(String name) throws IOException {
    Path folder = Fixture.of(name).folder();
    try (LanguageModel exact = LanguageModel.load(folder, LORA, 1);
        LanguageModel rounded = LanguageModel.load(folder, LORA, 1, Precision.BF16)) {
      float[] factors = random.weights((int) exact.parameters().count());
      for (LanguageModel model : List.of(exact, rounded)) {
        model.parameters().setValues(scaled(factors, 0.1f));
      }
      assertThat(cosine(known(rounded), known(exact))).isBetween(0.99, 1 - 1e-9);
    }
  }

  @Test
  void soDoThoseOfScoresAndValues() throws IOException {
    for (String name : List.of("gpt2-reward", "llama-reward")) {
      Path folder = Fixture.of(name).folder();
      try (ScalarModel exact = ScalarModel.loadOrStart(folder, 0);
          ScalarModel rounded = ScalarModel.loadOrStart(folder, null, 0, Precision.BF16)) {
        assertThat(cosine(ofScores(rounded), ofScores(exact))).isBetween(0.99, 1 - 1e-9);
      }
    }
  }

  // ---- masters -------------------------------------------------------------------------------

  /**
   * AdamW moves a weight by about its rate, 1e-5, whatever the gradient; bf16 numbers around a
   * weight of 0.02 are 2⁻⁷ · 2⁻⁶ = 1.2e-4 apart. In fp32 100 such updates add up to 1e-3; rounded
   * after each one, the weight would never move.
   */
  @Test
  void updatesSmallerThanBf16CanHoldAddUp() throws IOException {
    Path folder = Fixture.of("gpt2").folder();
    try (LanguageModel model = LanguageModel.load(folder, null, 0, Precision.BF16)) {
      Parameters trained = model.parameters();
      int matrix = trained.index("h.0.mlp.c_fc.weight");
      float[] start = trained.list().get(matrix).toFloatArray();
      float[] before = model.logprobs(tokens, 1).logprobs();
      NDList means = zeros(trained, "m[]");
      NDList squares = zeros(trained, "v[]");
      for (int update = 1; update <= 100; update++) {
        model.accumulate(tokens, 1, weights);
        WeightUpdate.adamW(trained, means, squares, update, 1e-5, ADAM);
        trained.zeroGradients();
      }
      float[] end = trained.list().get(matrix).toFloatArray();
      int moved = 0;
      int wouldMove = 0;
      int large = 0;
      for (int i = 0; i < end.length; i++) {
        if (Math.abs(start[i]) > 0.02) {
          large++;
          float held = rounded(start[i]);
          moved += rounded(end[i]) == held ? 0 : 1;
          wouldMove += rounded(held + 2e-5f) == held && rounded(held - 2e-5f) == held ? 0 : 1;
        }
      }
      assertThat(large).isGreaterThan(100);
      assertThat(wouldMove).isZero();
      assertThat(moved).isGreaterThan(large / 2);
      assertThat(model.logprobs(tokens, 1).logprobs()).isNotEqualTo(before);
    }
  }

  private static NDList zeros(Parameters parameters, String name) {
    NDList zeros = new NDList();
    for (NDArray array : parameters.list()) {
      NDArray zero = parameters.manager().zeros(array.getShape(), array.getDataType());
      zero.setName(name);
      zeros.add(zero);
    }
    return zeros;
  }

  /** A network takes the copies: they follow every way in which weights are overwritten. */
  @Test
  void networksFollowTheWeightsThatAreTrained() throws IOException {
    Path folder = Fixture.of("llama-gqa-tied").folder();
    try (LanguageModel model = LanguageModel.load(folder, null, 0, Precision.BF16);
        LanguageModel reference = model.copy()) {
      float[] before = model.logprobs(tokens, 1).logprobs();
      assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(before);

      model.parameters().setValues(scaled(model.parameters().values(), 1.5f));
      float[] after = model.logprobs(tokens, 1).logprobs();
      assertThat(after).isNotEqualTo(before);
      assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(before);

      reference.parameters().set(model.parameters());
      assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(after);

      model.accumulate(tokens, 1, weights);
      Parameters trained = model.parameters();
      WeightUpdate.adamW(trained, zeros(trained, "m[]"), zeros(trained, "v[]"), 1, 1e-3, ADAM);
      float[] updated = model.logprobs(tokens, 1).logprobs();
      assertThat(updated).isNotEqualTo(after);
      reference.parameters().set(trained);
      assertThat(reference.logprobs(tokens, 1).logprobs()).containsExactly(updated);
    }
  }

  @Test
  void whatIsWrittenIsWhatIsTrained() throws IOException {
    Path folder = Fixture.of("gpt2").folder();
    Path written = Files.createDirectory(temp.resolve("written"));
    try (LanguageModel model = LanguageModel.load(folder, null, 0, Precision.BF16)) {
      model.save(written);
      try (LanguageModel read = LanguageModel.load(written)) {
        assertThat(read.parameters().values()).containsExactly(model.parameters().values());
      }
    }
  }

  // ---- memory --------------------------------------------------------------------------------

  /** Two bytes a number of a matrix and four of a vector; where it is trained both of a matrix. */
  @Test
  void matricesThatAreNotTrainedTakeTwoBytesANumber() throws IOException {
    Path folder = Fixture.of("gpt2").folder();
    try (LanguageModel exact = LanguageModel.load(folder);
        LanguageModel frozen = LanguageModel.load(folder, Precision.BF16);
        LanguageModel trained = LanguageModel.load(folder, null, 0, Precision.BF16);
        LanguageModel reference = trained.copy();
        LanguageModel adapted = LanguageModel.load(folder, LORA, 1, Precision.BF16)) {
      long matrices =
          exact.parameters().specs().stream()
              .filter(spec -> spec.shape().size() == 2)
              .mapToLong(ParameterSpec::size)
              .sum();
      long vectors = exact.parameters().count() - matrices;
      assertThat(exact.weights().bytes()).isEqualTo(4 * matrices + 4 * vectors);
      assertThat(frozen.weights().bytes()).isEqualTo(2 * matrices + 4 * vectors);
      assertThat(reference.weights().bytes()).isEqualTo(2 * matrices + 4 * vectors);
      assertThat(adapted.weights().bytes()).isEqualTo(2 * matrices + 4 * vectors);
      assertThat(trained.weights().bytes()).isEqualTo(6 * matrices + 4 * vectors);
      long inMemory =
          IntStream.range(0, frozen.weights().specs().size())
              .mapToLong(i -> frozen.weights().read(i).remaining())
              .sum();
      assertThat(inMemory).isEqualTo(frozen.weights().bytes());
    }
  }

  @Test
  void whatIsHeldInBf16IsNotTrained() throws IOException {
    try (LanguageModel frozen = LanguageModel.load(Fixture.of("gpt2").folder(), Precision.BF16)) {
      assertThatThrownBy(() -> frozen.accumulate(tokens, 1, weights))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("wte.weight is held in bf16");
    }
  }

  // --------------------------------------------------------------------------------------------

  private float[] known(LanguageModel model) {
    model.accumulate(tokens, 0.9, weights);
    return taken(model);
  }

  private float[] byLoss(LanguageModel model) {
    try (LogprobPass pass = model.forward(tokens, 0.9, true)) {
      NDArray policy = pass.logprobs().square().mul(pass.scope().create(weights)).sum();
      pass.backward(policy.add(pass.entropies().mean()));
    }
    return taken(model);
  }

  private float[] ofScores(ScalarModel model) {
    try (ScalarPass pass = model.forwardScores(tokens)) {
      pass.backward(pass.scalars().sum());
    }
    try (ScalarPass pass = model.forwardValues(tokens)) {
      pass.backward(pass.scalars().mul(pass.scope().create(weights)).sum());
    }
    return taken(model);
  }

  private static float[] taken(Trainable model) {
    float[] gradients = model.parameters().gradientValues();
    model.parameters().zeroGradients();
    return gradients;
  }

  private static float rounded(float value) {
    return Bf16.toFloat(Bf16.of(value));
  }

  private static float[] scaled(float[] values, float by) {
    float[] scaled = values.clone();
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] *= by;
    }
    return scaled;
  }

  private static double meanDifference(List<float[]> a, List<float[]> b) {
    double sum = 0;
    int numbers = 0;
    for (int row = 0; row < a.size(); row++) {
      assertThat(a.get(row)).hasSameSizeAs(b.get(row));
      for (int i = 0; i < a.get(row).length; i++) {
        sum += Math.abs(a.get(row)[i] - b.get(row)[i]);
        numbers++;
      }
    }
    return sum / numbers;
  }

  private static double cosine(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
