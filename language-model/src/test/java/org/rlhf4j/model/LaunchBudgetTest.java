package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.model.torch.Placement;

/**
 * How many operations a device is asked for, which on a GPU is what small ones cost: those that the
 * profiler sees while a device's scripts compute on the host. docs/gpu.md has the figures.
 */
class LaunchBudgetTest {
  /** The host as a device of its own: it gets the scripts that a device gets. */
  private static final Placement DEVICE = Placement.on("cpu:0");

  /** What asks for nothing to be computed. */
  private static final Set<String> NO_LAUNCH =
      Set.of(
          ("view _unsafe_view reshape t transpose slice select unsqueeze squeeze expand detach alias"
                  + " split_with_sizes as_strided permute unbind empty empty_like empty_strided"
                  + " unflatten numel result_type is_nonzero item _local_scalar_dense resolve_conj"
                  + " set_ resize_ lift_fresh new_empty narrow expand_as view_as flatten"
                  + " broadcast_tensors detach_ to contiguous type_as requires_grad_")
              .split(" "));

  @TempDir private Path temp;

  /** Operations and reads of numbers by the host. */
  private record Asked(long launches, long reads) {
    Asked less(Asked other) {
      return new Asked(launches - other.launches, reads - other.reads);
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  @AfterEach
  void backToTheHost() {
    Placement.choose(Placement.HOST);
  }

  /** With a head of 200 columns and fp32 weights; rows' ends are looked for every 8 steps. */
  @ParameterizedTest
  @CsvSource({"gpt2, 14, 51", "llama, 32, 55"})
  void ofADecodingStep(String family, long layer, long outside) throws IOException {
    Asked two = steps(family, 2, 16).less(steps(family, 2, 8));
    Asked three = steps(family, 3, 16).less(steps(family, 3, 8));
    long oneLayer = three.less(two).launches() / 8;
    assertThat(oneLayer).isPositive().isLessThanOrEqualTo(layer);
    assertThat(two.launches() / 8 - 2 * oneLayer).isPositive().isLessThanOrEqualTo(outside);
    assertThat(two.reads()).isEqualTo(1);
  }

  /** Forward and backward. As a control, the host's own scripts ask for more with each segment. */
  @ParameterizedTest
  @CsvSource({"gpt2, 77", "llama, 133"})
  void ofALayerWhateverTheSegments(String family, long budget) throws IOException {
    assertThat(layer(DEVICE, family, 1, 1).launches()).isPositive().isLessThanOrEqualTo(budget);
    assertThat(layer(DEVICE, family, 4, 3)).isEqualTo(layer(DEVICE, family, 16, 8));
    assertThat(layer(DEVICE, family, 16, 8).launches()).isLessThanOrEqualTo(budget);
    assertThat(layer(Placement.HOST, family, 16, 8).launches()).isGreaterThan(5 * budget);
  }

  private Asked steps(String family, int layers, int steps) throws IOException {
    Placement.choose(DEVICE);
    try (LanguageModel model = fresh(family, layers)) {
      List<SampleKey> keys =
          IntStream.range(0, 4).mapToObj(i -> new SampleKey(0, 0, 0, i)).toList();
      GenerationRequest request = new GenerationRequest(new RandomTokens(1).ids(5), keys);
      SamplingSettings settings = SamplingSettings.of(1 + steps, 1);
      return asked(
          () -> Generator.generate(model, settings, new int[0], List.of(request), keys.size()));
    }
  }

  /** Of one layer, forward and backward. */
  private Asked layer(Placement placement, String family, int trees, int completions)
      throws IOException {
    return pass(placement, family, 3, trees, completions)
        .less(pass(placement, family, 2, trees, completions));
  }

  private Asked pass(Placement placement, String family, int layers, int trees, int completions)
      throws IOException {
    Placement.choose(placement);
    RandomTokens random = new RandomTokens(3);
    int[] lengths = IntStream.generate(() -> 4).limit(completions).toArray();
    PackedTokens tokens =
        PackedTokens.of(Stream.generate(() -> random.tree(4, lengths)).limit(trees).toList());
    try (LanguageModel model = fresh(family, layers)) {
      model.parameters().trainable(true);
      return asked(() -> model.accumulate(tokens, 1, random.weights(tokens.predicted())));
    }
  }

  private Asked asked(Work work) throws IOException {
    Path file = temp.resolve("trace.json");
    JniUtils.startProfile(false, false, false);
    try {
      work.run();
    } finally {
      JniUtils.stopProfile(file.toString());
    }
    List<Event> events =
        StreamSupport.stream(new ObjectMapper().readTree(file.toFile()).spliterator(), false)
            .filter(event -> event.path("name").asText().startsWith("aten::"))
            .map(Event::of)
            .sorted(Comparator.comparingDouble(Event::start))
            .toList();
    return new Asked(
        innermost(events.stream().filter(event -> !NO_LAUNCH.contains(event.name())).toList()),
        events.stream().filter(event -> event.name().equals("_local_scalar_dense")).count());
  }

  /** An operation, with the times between which it ran. */
  private record Event(String name, double start, double end) {
    static Event of(JsonNode json) {
      double start = json.path("ts").asDouble();
      return new Event(
          json.path("name").asText().substring("aten::".length()),
          start,
          start + json.path("dur").asDouble());
    }
  }

  /** How many there are within which there is none. They ran in one thread, here by their start. */
  private static long innermost(List<Event> events) {
    return IntStream.range(0, events.size())
        .filter(i -> i + 1 == events.size() || events.get(i + 1).start() >= events.get(i).end())
        .count();
  }

  private LanguageModel fresh(String family, int layers) throws IOException {
    String config =
        family.equals("gpt2")
            ? """
              {"model_type": "gpt2", "vocab_size": 200, "n_embd": 64, "n_layer": %d, "n_head": 4,
               "n_positions": 64}"""
            : """
              {"model_type": "llama", "vocab_size": 200, "hidden_size": 64,
               "num_hidden_layers": %d, "num_attention_heads": 4, "num_key_value_heads": 2,
               "intermediate_size": 96, "max_position_embeddings": 64,
               "tie_word_embeddings": false}""";
    ModelConfig read = TinyConfig.read(temp, String.format(Locale.ROOT, config, layers));
    try (Tokenizer tokenizer = Tokenizer.load(Fixture.of("gpt2").folder())) {
      return LanguageModel.fresh(read, tokenizer, 1);
    }
  }
}
