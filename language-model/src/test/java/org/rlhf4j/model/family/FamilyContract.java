package org.rlhf4j.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.model.Agreement;
import org.rlhf4j.model.Checkpoints;
import org.rlhf4j.model.Fixture;
import org.rlhf4j.model.Generator;
import org.rlhf4j.model.Gradients;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.ModelConfig;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.RandomTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TinyConfig;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.settings.UserException;

/**
 * What every family keeps: it agrees with transformers on small random checkpoints, what it writes
 * is what transformers would, and how tokens are laid out changes no number, each with a control of
 * what does change it. A family extends it by its {@code model_type}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FamilyContract {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Offset<Float> SAME = within(1e-5f);

  /** Sums in another order: 1.2e-5 apart were seen on a processor without AVX-512. */
  private static final Offset<Float> SAME_SUMS = within(4e-5f);

  private static final double SAME_GRADIENT = 1e-5;
  private static final double DIFFERENT = 1e-2;

  private final String modelType;
  private final RandomTokens random = new RandomTokens(3);

  /** Trees of one, several and uneven completions, one with an empty prompt. */
  private final List<TokenTree> trees =
      List.of(
          random.tree(9, 5, 1, 12),
          random.tree(1, 7),
          random.tree(14, 3, 3),
          random.tree(0, 6),
          random.tree(4, 2, 8, 5, 1));

  @TempDir private Path temp;

  FamilyContract(String modelType) {
    this.modelType = modelType;
  }

  /** A test that is run on each of the family's checkpoints. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @MethodSource("checkpoints")
  @interface EachCheckpoint {}

  final List<String> checkpoints() {
    return Checkpoints.of(modelType);
  }

  // ---- transformers --------------------------------------------------------------------------

  @EachCheckpoint
  void logprobsAndEntropiesAreThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      assertThat(Agreement.ofLogprobs(model, fixture)).isLessThan(1e-4);
    }
  }

  @EachCheckpoint
  void hiddenStatesAreThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      assertThat(Agreement.ofHiddenStates(model, fixture)).isLessThan(1e-4);
    }
  }

  @EachCheckpoint
  void greedyContinuationsAreThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      assertThat(Agreement.ofGreedy(model, fixture)).isTrue();
    }
  }

  /** Of both ways to a gradient: known beforehand, and by way of a loss that Java computes. */
  @EachCheckpoint
  void gradientsAreThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    JsonNode loss = fixture.expected().get("loss");
    try (LanguageModel model = LanguageModel.load(fixture.folder())) {
      PackedTokens tokens = PackedTokens.of(Fixture.rows(loss.get("rows")));
      float[] gradients = new float[tokens.predicted()];
      Arrays.fill(gradients, -1f / loss.get("tokens").intValue());
      double sum = 0;
      for (float logprob : model.accumulate(tokens, 1, gradients)) {
        sum -= logprob;
      }
      assertThat(sum / tokens.predicted()).isCloseTo(loss.get("loss").asDouble(), within(1e-5));
      assertThat(Agreement.ofGradients(model, fixture)).isLessThan(1e-3);

      model.parameters().zeroGradients();
      assertThat(Agreement.ofGradients(model, fixture)).isGreaterThan(0.1); // the control
      try (LogprobPass pass = model.forward(tokens, 1, false)) {
        pass.backward(pass.logprobs().mean().neg());
      }
      assertThat(Agreement.ofGradients(model, fixture)).isLessThan(1e-3);
    }
  }

  /** Written and read again, and with names and shapes as transformers writes them. */
  @EachCheckpoint
  void aRewardModelIsASequenceClassifierOfTransformers(String name) throws IOException {
    JsonNode expected = Fixture.of(name).expected().get("reward");
    Checkpoints.write(name, temp.resolve("reward-of-" + name));
    Path written = temp.resolve("reward-of-" + name).resolve("reward");

    Map<String, List<Long>> shapes = new TreeMap<>();
    expected
        .get("tensors")
        .properties()
        .forEach(
            field ->
                shapes.put(
                    field.getKey(),
                    Arrays.stream(Fixture.ints(field.getValue())).asLongStream().boxed().toList()));
    assertThat(shapes(written)).isEqualTo(shapes);
    assertThat(ModelConfig.read(written).json().path("architectures").path(0).asText())
        .isEqualTo(expected.get("architecture").asText());
    try (ScalarModel reward = ScalarModel.load(written)) {
      assertThat(Agreement.ofScores(reward, expected.get("rows"))).isLessThan(1e-4);
    }
  }

  /** Bit for bit, where the checkpoint is in fp32. */
  @EachCheckpoint
  void whatIsWrittenIsWhatWasRead(String name) throws IOException {
    Path original = Fixture.of(name).folder();
    Checkpoints.write(name, temp.resolve(name));
    Path written = temp.resolve(name).resolve("causal");

    assertThat(ModelConfig.read(written).text(Dtype.FP32))
        .isEqualTo(ModelConfig.read(original).text(Dtype.FP32));
    if (name.endsWith("16")) {
      return; // widened to fp32, the rest is ModelFolderTest's
    }
    assertThat(shapes(written)).isEqualTo(shapes(original));
    Safetensors ours = Safetensors.open(written.resolve("model.safetensors"));
    Safetensors theirs = Safetensors.open(original.resolve("model.safetensors"));
    for (String tensor : theirs.entries().keySet()) {
      assertThat(ours.values(tensor)).as(tensor).containsExactly(theirs.values(tensor));
    }
  }

  private static Map<String, List<Long>> shapes(Path folder) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    Safetensors.open(folder.resolve("model.safetensors"))
        .entries()
        .forEach((tensor, entry) -> shapes.put(tensor, entry.shape()));
    return shapes;
  }

  // ---- the cache -----------------------------------------------------------------------------

  /** Rows of uneven and of equal lengths, with prompts in common. */
  @EachCheckpoint
  void cachedLogprobsAreThoseOfAFullForwardPass(String name) throws IOException {
    List<GenerationRequest> requests =
        List.of(request(0, 13, 3), request(1, 2, 2), request(2, 13, 1), request(3, 20, 2));
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      for (List<GenerationRequest> batch : List.of(requests, requests.subList(0, 1))) {
        List<List<Sampled>> sampled =
            Generator.generate(model, SamplingSettings.of(40, 1), new int[] {0, 17}, batch, 5);
        assertThat(cached(sampled)).containsExactly(full(model, batch, sampled, 0), SAME_SUMS);
        // The control: other ids before the completions.
        assertThat(Agreement.distance(cached(sampled), full(model, batch, sampled, 1)))
            .isGreaterThan(DIFFERENT);
      }
    }
  }

  private GenerationRequest request(long row, int prompt, int samples) {
    List<SampleKey> keys = new ArrayList<>();
    for (int sample = 0; sample < samples; sample++) {
      keys.add(new SampleKey(0, 0, row, sample));
    }
    return new GenerationRequest(random.ids(prompt), keys);
  }

  private static float[] cached(List<List<Sampled>> sampled) {
    return concat(sampled.stream().flatMap(List::stream).map(Sampled::logprobs).toList());
  }

  /** Log-probabilities of samples after their prompts, whose last ids are moved on by some. */
  private static float[] full(
      LanguageModel model,
      List<GenerationRequest> requests,
      List<List<Sampled>> sampled,
      int moved) {
    List<TokenTree> trees = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      int[] prompt = requests.get(i).prompt().clone();
      prompt[prompt.length - 1] = (prompt[prompt.length - 1] + moved) % 97;
      trees.add(new TokenTree(prompt, sampled.get(i).stream().map(Sampled::ids).toList()));
    }
    return logprobs(model, trees);
  }

  // ---- the layout ----------------------------------------------------------------------------

  @EachCheckpoint
  void aSharedPromptIsAsOnePromptEach(String name) throws IOException {
    List<TokenTree> rows =
        trees.stream()
            .flatMap(tree -> tree.completions().stream().map(y -> TokenTree.of(tree.prompt(), y)))
            .toList();
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      assertThat(logprobs(model, trees)).containsExactly(logprobs(model, rows), SAME);
      assertThat(gradients(model, trees).distance(gradients(model, rows)))
          .isLessThan(SAME_GRADIENT);
    }
  }

  @EachCheckpoint
  void aCompletionThatSawItsNeighbourWouldDiffer(String name) throws IOException {
    TokenTree tree = random.tree(6, 4, 4);
    int[] both = concat(tree.completions().get(0), tree.completions().get(1));
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] branches = logprobs(model, List.of(tree));
      float[] chain = logprobs(model, List.of(TokenTree.of(tree.prompt(), both)));

      assertThat(Arrays.copyOf(branches, 4)).containsExactly(Arrays.copyOf(chain, 4), SAME);
      assertThat(Agreement.distance(last(branches, 4), last(chain, 4))).isGreaterThan(DIFFERENT);
    }
  }

  @EachCheckpoint
  void aCompletionAtAnotherPositionDiffers(String name) throws IOException {
    TokenTree tree = random.tree(6, 4, 4);
    PackedTokens tokens = PackedTokens.of(List.of(tree));
    PackedTokens shifted = PackedTokens.of(List.of(tree));
    for (int row = 6 + 4; row < tokens.tokens(); row++) {
      shifted.positions()[row] += 4; // where a flat row, not its own branch, would put it
    }
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] right = model.logprobs(tokens, 1).logprobs();
      float[] wrong = model.logprobs(shifted, 1).logprobs();

      assertThat(Arrays.copyOf(wrong, 4)).containsExactly(Arrays.copyOf(right, 4), SAME);
      assertThat(Agreement.distance(last(right, 4), last(wrong, 4))).isGreaterThan(1e-3);
    }
  }

  @EachCheckpoint
  void neighboursInTheBatchAndTheirOrderDontMatter(String name) throws IOException {
    List<TokenTree> reversed = new ArrayList<>(trees);
    Collections.reverse(reversed);
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] together = logprobs(model, trees);
      float[] backwards = logprobs(model, reversed);
      int start = 0;
      int end = backwards.length;
      for (TokenTree tree : trees) {
        float[] alone = logprobs(model, List.of(tree));
        assertThat(Arrays.copyOfRange(together, start, start + alone.length))
            .containsExactly(alone, SAME);
        assertThat(Arrays.copyOfRange(backwards, end - alone.length, end))
            .containsExactly(alone, SAME);
        start += alone.length;
        end -= alone.length;
      }
    }
  }

  @EachCheckpoint
  void aMicroBatchSplitAddsUpToTheSameGradient(String name) throws IOException {
    float[] upstream = random.weights(PackedTokens.of(trees).predicted());
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      model.accumulate(PackedTokens.of(trees), 1, upstream);
      Gradients whole = Gradients.take(model.parameters());

      accumulateParts(model, upstream, false);
      assertThat(whole.distance(Gradients.take(model.parameters()))).isLessThan(SAME_GRADIENT);
      // The control: averaging each part by itself weighs tokens of uneven parts unevenly.
      accumulateParts(model, upstream, true);
      assertThat(whole.distance(Gradients.take(model.parameters()))).isGreaterThan(DIFFERENT);
    }
  }

  private void accumulateParts(LanguageModel model, float[] upstream, boolean apart) {
    int start = 0;
    for (List<TokenTree> part : List.of(trees.subList(0, 2), trees.subList(2, 5))) {
      PackedTokens tokens = PackedTokens.of(part);
      int end = start + tokens.predicted();
      float[] mine = Arrays.copyOfRange(upstream, start, end);
      for (int i = 0; apart && i < mine.length; i++) {
        mine[i] *= upstream.length / (2f * mine.length);
      }
      model.accumulate(tokens, 1, mine);
      start = end;
    }
  }

  // ---- what families use ---------------------------------------------------------------------

  /** The first checkpoint's configuration is refused with another value of a key. */
  final void refused(String key, String value, String reason) throws IOException {
    Path original = Fixture.of(checkpoints().get(0)).folder().resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(original.toFile());
    config.set(key, JSON.readTree(value));
    assertThatThrownBy(() -> TinyConfig.read(temp, config.toString()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(temp.resolve("config.json") + ": ")
        .hasMessageContaining(reason);
  }

  static float[] logprobs(LanguageModel model, List<TokenTree> trees) {
    return model.logprobs(PackedTokens.of(trees), 1).logprobs();
  }

  /** Gradients of the same weighted sum of log-probabilities, whatever the layout. */
  private static Gradients gradients(LanguageModel model, List<TokenTree> trees) {
    PackedTokens tokens = PackedTokens.of(trees);
    model.accumulate(tokens, 0.9, new RandomTokens(4).weights(tokens.predicted()));
    return Gradients.take(model.parameters());
  }

  private static float[] last(float[] values, int count) {
    return Arrays.copyOfRange(values, values.length - count, values.length);
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static float[] concat(List<float[]> rows) {
    float[] all = new float[rows.stream().mapToInt(row -> row.length).sum()];
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, all, at, row.length);
      at += row.length;
    }
    return all;
  }
}
