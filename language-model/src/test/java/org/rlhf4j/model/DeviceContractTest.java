package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.torch.TorchScript;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.FiniteWeights;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.testing.LazyDevice;

/**
 * Networks compute on a device what they compute on the host: all that a model does, with its
 * weights on libtorch's device {@code lazy}, where a tensor of the host's beside one of the
 * device's is an error.
 */
class DeviceContractTest {
  private static final double SAME = 1e-4;

  /** Of a gradient's largest entry: sums over tokens are in another order. */
  private static final double SAME_GRADIENT = 1e-4;

  private static final Placement DEVICE = Placement.on(LazyDevice.NAME);

  @TempDir private Path temp;
  private final RandomTokens random = new RandomTokens(8);
  private final PackedTokens tokens =
      PackedTokens.of(List.of(random.tree(5, 4, 6, 2), random.tree(3, 7), random.tree(0, 5)));
  private final List<GenerationRequest> requests =
      List.of(request(0, 9, 3), request(1, 2, 2), request(2, 14, 1), request(3, 6, 2));
  private final float[] a = random.weights(tokens.predicted());
  private final float[] b = random.weights(tokens.predicted());

  @BeforeAll
  static void startDevice() {
    assumeTrue(LazyDevice.start(Torch.libraryFolder()));
  }

  @AfterEach
  void backToTheHost() {
    Placement.choose(Placement.HOST);
  }

  /** What is done with a model loaded where it is to be. */
  private interface Work<M> {
    List<float[]> of(M model) throws IOException;
  }

  /** On one checkpoint of each family. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @MethodSource("families")
  private @interface EachFamily {}

  static Collection<String> families() {
    Map<String, String> first = new TreeMap<>();
    Checkpoints.names().forEach(name -> first.putIfAbsent(Checkpoints.modelType(name), name));
    return first.values();
  }

  private interface Source<M> {
    M model() throws IOException;
  }

  private static <M extends AutoCloseable> List<float[]> on(
      Placement placement, Source<M> source, Work<M> work) {
    Placement.choose(placement);
    try (M model = source.model()) {
      return work.of(model);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    } finally {
      Placement.choose(Placement.HOST);
    }
  }

  private static <M extends AutoCloseable> void same(
      double tolerance, Source<M> source, Work<M> work) {
    List<float[]> here = on(Placement.HOST, source, work);
    List<float[]> there = on(DEVICE, source, work);
    assertThat(there).hasSameSizeAs(here);
    for (int i = 0; i < here.size(); i++) {
      double largest = 1;
      for (float value : here.get(i)) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(Agreement.distance(there.get(i), here.get(i))).isLessThan(tolerance * largest);
    }
  }

  private static Source<LanguageModel> language(String name) {
    return () -> LanguageModel.load(Fixture.of(name).folder());
  }

  private static Source<LanguageModel> trained(String name, Precision precision) {
    return () -> LanguageModel.load(Fixture.of(name).folder(), null, 0, precision);
  }

  private static Source<LanguageModel> adapted(String name) {
    LoraConfig lora = new LoraConfig(3, 6, 0.2, false, List.of());
    return () -> {
      LanguageModel model = LanguageModel.load(Fixture.of(name).folder(), lora, 4);
      fill(model.parameters());
      model.drawDropout(5, 1);
      return model;
    };
  }

  /** A fresh adapter's B is zero. */
  private static void fill(Parameters parameters) {
    float[] values = parameters.values();
    float[] added = new RandomTokens(2).weights(values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] += 0.1f * added[i];
    }
    parameters.setValues(values);
  }

  // ---- programs ------------------------------------------------------------------------------

  @EachFamily
  void logprobsStatesAndDivergences(String name) {
    same(
        SAME,
        language(name),
        model -> {
          TokenLogprobs out = model.logprobs(tokens, 0.8);
          float[] states = model.states(tokens);
          float[] moved = states.clone();
          for (int i = 0; i < moved.length; i++) {
            moved[i] *= 1.1f;
          }
          try (HeadCopy head = model.headCopy();
              LanguageModel other = model.copy()) {
            return List.of(
                out.logprobs(),
                out.entropies(),
                states,
                model.divergencesFrom(tokens, 0.7, moved, head),
                model.divergences(other, tokens, 1));
          }
        });
  }

  @EachFamily
  void gradients(String name) {
    same(SAME_GRADIENT, trained(name, Precision.FP32), model -> gradients(model, false));
  }

  @Test
  void gradientsInBf16() {
    same(0.05, trained("llama-gqa-tied", Precision.BF16), model -> gradients(model, false));
  }

  /** With dropout, and each layer computed once more. */
  @EachFamily
  void gradientsOfAdapters(String name) {
    same(SAME_GRADIENT, adapted(name), model -> gradients(model, true));
  }

  /** Of a loss on all leaves, computed on the host, and of one known beforehand. */
  private List<float[]> gradients(LanguageModel model, boolean checkpointing) {
    model.checkpointGradients(checkpointing);
    float[] states = model.states(tokens);
    List<float[]> all = new ArrayList<>();
    try (HeadCopy head = model.headCopy();
        LogprobPass pass = model.forward(tokens, 0.8, true)) {
      NDArray loss = pass.logprobs().square().mul(pass.scope().create(a)).sum();
      loss = loss.add(pass.entropies().mul(pass.scope().create(b)).sum());
      loss = loss.add(pass.states().square().mean());
      loss = loss.add(pass.divergencesFrom(states, head).mul(pass.scope().create(b)).sum());
      all.add(pass.logprobs().toFloatArray());
      pass.backward(loss);
    }
    all.add(taken(model.parameters()));
    all.add(model.accumulate(tokens, 1, a));
    all.add(taken(model.parameters()));
    return all;
  }

  private static float[] taken(Parameters parameters) {
    float[] gradients = parameters.gradientValues();
    parameters.zeroGradients();
    return gradients;
  }

  /** More completions than rows, so that rows move. */
  @EachFamily
  void samples(String name) {
    SamplingSettings cut = new SamplingSettings(9, 0.8, 20, 0.9);
    same(SAME, language(name), model -> sampled(model, cut));
  }

  @Test
  void samplesOfTheWholeDistributionGreedyOnesAndThoseOfAnAdapter() {
    SamplingSettings whole = SamplingSettings.of(9, 1);
    SamplingSettings greedy = SamplingSettings.of(6, 0);
    same(SAME, language("gpt2"), model -> sampled(model, whole));
    same(SAME, trained("gpt2", Precision.FP32), model -> sampled(model, greedy));
    same(SAME, adapted("llama-gqa-tied"), model -> sampled(model, greedy));
  }

  private List<float[]> sampled(LanguageModel model, SamplingSettings settings) {
    int[] stops = {0, 17, 58, 96, 3, 30};
    List<float[]> all = new ArrayList<>();
    for (List<Sampled> group : Generator.generate(model, settings, stops, requests, 5)) {
      for (Sampled one : group) {
        float[] ids = new float[one.ids().length];
        IntStream.range(0, ids.length).forEach(i -> ids[i] = one.ids()[i]);
        all.addAll(List.of(ids, one.logprobs()));
      }
    }
    return all;
  }

  private static GenerationRequest request(long row, int prompt, int samples) {
    List<SampleKey> keys =
        LongStream.range(0, samples).mapToObj(i -> new SampleKey(0, 0, row, i)).toList();
    return new GenerationRequest(new RandomTokens(row).ids(prompt), keys);
  }

  // ---- scalar heads --------------------------------------------------------------------------

  @EachFamily
  void scoresValuesAndTheirGradients(String name) {
    same(
        SAME_GRADIENT,
        () -> ScalarModel.loadOrStart(Fixture.of(name).folder(), 7),
        model -> {
          List<float[]> all = new ArrayList<>();
          all.add(model.scores(tokens));
          all.add(model.values(tokens));
          all.add(model.lastStates(tokens));
          try (ScalarPass pass = model.forwardValues(tokens)) {
            pass.backward(pass.scalars().square().mul(pass.scope().create(a)).sum());
          }
          all.add(taken(model.parameters()));
          try (Parameters head = model.head()) {
            fill(head);
            model.setHead(head);
            all.add(model.head().values());
          }
          all.add(model.scores(tokens));
          return all;
        });
  }

  @Test
  void aHeadOnTheTrunkOfAPolicy() {
    same(
        SAME_GRADIENT,
        trained("llama-gqa-tied", Precision.FP32),
        model -> {
          List<float[]> all = new ArrayList<>();
          try (ValueHead head = ValueHead.fresh(model, 3)) {
            assertThat(head.parameters().placement()).isEqualTo(Placement.HOST);
            head.parameters().trainable(true);
            try (LogprobPass pass = model.forward(tokens, 1, false)) {
              pass.backward(head.of(pass.states()).square().sum().add(pass.logprobs().sum()));
            }
            all.add(taken(model.parameters()));
            all.add(taken(head.parameters()));
            try (ScalarModel critic = head.on(model)) {
              all.add(critic.values(tokens));
            }
          }
          return all;
        });
  }

  // ---- weights -------------------------------------------------------------------------------

  @EachFamily
  void whatIsSavedIsTheSameBytes(String name) {
    assertSavedAlike(name, Precision.FP32);
  }

  @Test
  void whatIsHeldInBf16IsSavedAsTheSameBytes() {
    assertSavedAlike("gpt2", Precision.BF16);
  }

  private void assertSavedAlike(String name, Precision precision) {
    Source<LanguageModel> source = () -> LanguageModel.load(Fixture.of(name).folder(), precision);
    Path here = saved(Placement.HOST, source);
    Path there = saved(DEVICE, source);
    assertThat(there.resolve("model.safetensors"))
        .hasSameBinaryContentAs(here.resolve("model.safetensors"));
    assertThat(there.resolve("copy/model.safetensors"))
        .hasSameBinaryContentAs(here.resolve("model.safetensors"));
  }

  private Path saved(Placement placement, Source<LanguageModel> source) {
    Path folder = temp.resolve(placement.toString());
    on(
        placement,
        source,
        model -> {
          model.save(Files.createDirectories(folder));
          try (LanguageModel copy = model.copy()) {
            copy.save(Files.createDirectories(folder.resolve("copy")));
          }
          return List.of();
        });
    return folder;
  }

  @Test
  void adaptersAreSavedReadAndMerged() {
    same(
        SAME,
        adapted("llama-gqa-tied"),
        model -> {
          Path folder = Files.createTempDirectory(temp, "adapter");
          Path merged = Files.createTempDirectory(temp, "merged");
          model.save(folder);
          AdapterMerge.of(folder).write(merged, SaveFormat.DEFAULT);
          try (LanguageModel again = LanguageModel.load(folder);
              LanguageModel whole = LanguageModel.load(merged)) {
            return List.of(
                again.parameters().values(),
                again.logprobs(tokens, 1).logprobs(),
                whole.logprobs(tokens, 1).logprobs());
          }
        });
  }

  @Test
  void weightsAreReadAndChangedThroughTheHost() {
    same(
        1e-7,
        trained("gpt2", Precision.FP32),
        model -> {
          Parameters parameters = model.parameters();
          parameters.round(Dtype.BF16);
          parameters.change(2, memory -> memory.putFloat(4, 3.5f));
          float[] values = parameters.values();
          assertThat(FiniteWeights.fault(parameters)).isEmpty();
          parameters.change(2, memory -> memory.putFloat(8, Float.NaN));
          assertThat(FiniteWeights.fault(parameters))
              .hasValueSatisfying(fault -> assertThat(fault.toString()).endsWith("holds NaN"));
          parameters.setValues(values);
          assertThat(parameters.values()).containsExactly(values);
          return List.of(values);
        });
  }

  @Test
  void roundedCopiesFollowWhatIsTrained() {
    float[] before = logprobsInBf16(0);
    float[] after = logprobsInBf16(3);
    assertThat(Agreement.distance(before, after)).isGreaterThan(0.1);
  }

  /** Those of both devices, whose rounding differs; with one weight changed by as much. */
  private float[] logprobsInBf16(float by) {
    List<float[]> seen = new ArrayList<>();
    same(
        0.05,
        trained("gpt2", Precision.BF16),
        model -> {
          model.parameters().change(2, memory -> memory.putFloat(0, memory.getFloat(0) + by));
          model.parameters().updateCopies();
          seen.add(model.logprobs(tokens, 1).logprobs());
          return List.of(seen.get(seen.size() - 1));
        });
    return seen.get(0);
  }

  // ---- controls ------------------------------------------------------------------------------

  /** The script as it is, and with one of its uploads left out. */
  @Test
  void aHostTensorLeftInAScriptIsAnError() throws IOException {
    ModelConfig config = ModelConfig.read(Fixture.of("gpt2").folder());
    String source = Network.source(config, DEVICE);
    String upload = "torch.index_select(h, 0, (self).beside(rows, h))";
    assertThat(source).contains(upload);
    String without = source.replace(upload, "torch.index_select(h, 0, rows)");
    try (NDManager scope = Torch.manager()) {
      NDArray here = scope.create(new float[] {1, 2, 3, 4}).reshape(2, 2);
      NDArray rows = scope.create(new long[] {1});
      assertThat(select(config, source, DEVICE.upload(here), rows)).containsExactly(3, 4);
      NDArray there = DEVICE.upload(here);
      assertThatThrownBy(() -> select(config, without, there, rows)).hasMessageContaining("lazy");
    }
  }

  private static float[] select(ModelConfig config, String source, NDArray h, NDArray rows) {
    Map<String, Object> attributes = Network.attributes(config, DEVICE, null);
    try (TorchScript script = TorchScript.compile("Transformer", source, attributes)) {
      return DEVICE.floats(script.runWithGraph("select", new NDList(h, rows)).get(0));
    }
  }

  /** Its memory isn't to be had as the host's, and what is read can't be written to. */
  @Test
  void aDevicesMemoryIsNeverTakenForTheHosts() {
    try (NDManager scope = Torch.manager()) {
      NDArray there = DEVICE.upload(scope.create(new float[] {1, 2}));
      assertThatThrownBy(() -> Placement.HOST.read(there)).isInstanceOf(RuntimeException.class);
      assertThatThrownBy(() -> Placement.HOST.change(there, memory -> memory.putFloat(0, 5)))
          .isInstanceOf(RuntimeException.class);
      assertThatThrownBy(there::toFloatArray).isInstanceOf(RuntimeException.class);
      assertThat(DEVICE.read(there).isReadOnly()).isTrue();
      DEVICE.change(there, memory -> memory.putFloat(0, 5));
      assertThat(DEVICE.floats(there)).containsExactly(new float[] {5, 2}, within(0f));
    }
  }

  @Test
  void otherWeightsAreOtherNumbers() {
    List<float[]> here =
        on(
            Placement.HOST,
            language("gpt2"),
            model -> List.of(model.logprobs(tokens, 1).logprobs()));
    List<float[]> there =
        on(
            DEVICE,
            language("gpt2"),
            model -> {
              model.weights().change(2, memory -> memory.putFloat(0, 3));
              return List.of(model.logprobs(tokens, 1).logprobs());
            });
    assertThat(Agreement.distance(here.get(0), there.get(0))).isGreaterThan(SAME);
    assertThat(Arrays.equals(here.get(0), there.get(0))).isFalse();
  }
}
