package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingListener;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UserException;

/** Decoding with a cache: what is drawn, with which log-probability, and when it ends. */
class GeneratorTest {
  /** Sums in another order: 2.1e-5 apart were seen on a processor without AVX-512. */
  private static final Offset<Float> SAME = within(4e-5f);

  private static final int[] STOPS = {0, 17, 58, 96};

  private final RandomTokens random = new RandomTokens(6);

  /** Prompts of uneven lengths with uneven numbers of completions. */
  private final List<GenerationRequest> requests =
      List.of(
          request(0, 5, 1),
          request(1, 12, 3),
          request(2, 1, 2),
          request(3, 7, 4),
          request(4, 12, 1),
          request(5, 3, 2),
          request(6, 20, 3));

  @EveryFamily
  void cachedLogprobsAreThoseOfAFullForwardPass(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      for (double temperature : new double[] {1, 0.7}) {
        SamplingSettings settings = SamplingSettings.of(40, temperature);
        List<List<Sampled>> sampled = Generator.generate(model, settings, STOPS, requests, 5);

        float[] cached = flat(sampled);
        assertThat(cached).containsExactly(full(model, sampled, temperature), SAME);
        // The controls: another temperature, and completions after another's prompt.
        assertThat(distance(cached, full(model, sampled, 0.85))).isGreaterThan(0.01);
        List<List<Sampled>> rotated = new ArrayList<>(sampled);
        Collections.rotate(rotated, 1);
        assertThat(distance(flat(rotated), full(model, rotated, temperature))).isGreaterThan(0.01);
      }
    }
  }

  @EveryFamily
  void aCompletionDoesntDependOnHowItWasBatched(String name) throws IOException {
    SamplingSettings settings = SamplingSettings.of(30, 1);
    List<GenerationRequest> shuffled = new ArrayList<>(requests);
    Collections.rotate(shuffled, 3);
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      List<List<Sampled>> wide = Generator.generate(model, settings, STOPS, requests, 64);
      List<List<Sampled>> narrow = Generator.generate(model, settings, STOPS, requests, 1);
      List<List<Sampled>> moved = Generator.generate(model, settings, STOPS, shuffled, 6);
      Collections.rotate(moved = new ArrayList<>(moved), -3);

      assertThat(ids(narrow)).isEqualTo(ids(wide));
      assertThat(ids(moved)).isEqualTo(ids(wide));
      assertThat(flat(narrow)).containsExactly(flat(wide), SAME);
    }
  }

  @Test
  void everyPartOfTheKeyMatters() throws IOException {
    int[] prompt = random.ids(4);
    List<SampleKey> keys =
        List.of(
            new SampleKey(1, 2, 3, 4),
            new SampleKey(0, 2, 3, 4),
            new SampleKey(1, 0, 3, 4),
            new SampleKey(1, 2, 0, 4),
            new SampleKey(1, 2, 3, 0),
            new SampleKey(1, 2, 3, 4));
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      List<List<Integer>> drawn =
          ids(
              Generator.generate(
                  model,
                  SamplingSettings.of(12, 1),
                  new int[0],
                  List.of(new GenerationRequest(prompt, keys)),
                  8));

      assertThat(drawn.get(5)).isEqualTo(drawn.get(0));
      assertThat(drawn.subList(0, 5)).doesNotHaveDuplicates();
    }
  }

  @Test
  void endsAfterTheFirstStopIdOrAtTheLimit() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder())) {
      List<Sampled> all =
          Generator.generate(model, SamplingSettings.of(25, 1), STOPS, requests, 3).stream()
              .flatMap(List::stream)
              .toList();
      for (Sampled sampled : all) {
        int last = sampled.ids().length - 1;
        assertThat(IntStream.range(0, last).noneMatch(i -> isStop(sampled.ids()[i]))).isTrue();
        assertThat(isStop(sampled.ids()[last])).isEqualTo(sampled.ended());
        assertThat(sampled.ended() || last + 1 == 25).isTrue();
        assertThat(sampled.logprobs()).hasSameSizeAs(sampled.ids());
      }
      assertThat(all).anyMatch(Sampled::ended).anyMatch(sampled -> !sampled.ended());

      // The control: nothing stops the same completions where no id does.
      List<List<Sampled>> endless =
          Generator.generate(model, SamplingSettings.of(25, 1), new int[0], requests, 3);
      assertThat(endless.stream().flatMap(List::stream))
          .allMatch(sampled -> sampled.ids().length == 25 && !sampled.ended());
    }
  }

  /** Asked after at most 32 steps: what is drawn until then is what would have been drawn. */
  @Test
  void leavesSoonAfterEnoughIsSaid() throws IOException {
    SamplingSettings settings = SamplingSettings.of(50, 1);
    List<GenerationRequest> few = List.of(request(0, 5, 3), request(1, 9, 2), request(2, 3, 3));
    SamplingListener five = SamplingListener.until(ids -> ids.length >= 5);
    try (LanguageModel model = LanguageModel.load(Fixture.of("llama-gqa-tied").folder())) {
      List<List<Sampled>> whole = Generator.generate(model, settings, new int[0], few, 4);
      List<List<Sampled>> left = Generator.generate(model, settings, new int[0], five, few, 4);
      for (int i = 0; i < whole.size(); i++) {
        for (int j = 0; j < whole.get(i).size(); j++) {
          int[] ids = left.get(i).get(j).ids();
          assertThat(ids.length).isBetween(5, 5 + 32);
          assertThat(left.get(i).get(j).ended()).isFalse();
          assertThat(Arrays.copyOf(whole.get(i).get(j).ids(), ids.length)).containsExactly(ids);
        }
      }
    }
  }

  /** Prompts of 40 and more tokens come first; two rows, so one that ended is told of at once. */
  @Test
  void tellsOfEachCompletionOnceAsItEnds() throws IOException {
    Map<String, Sampled> told = new LinkedHashMap<>();
    SamplingListener listener =
        new SamplingListener() {
          @Override
          public void finished(int request, int number, Sampled sampled) {
            assertThat(told.put(request + "." + number, sampled)).isNull();
          }
        };
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      List<GenerationRequest> uneven = List.of(request(0, 4, 2), request(1, 40, 1));
      List<List<Sampled>> sampled =
          Generator.generate(model, SamplingSettings.of(50, 1), new int[0], listener, uneven, 2);

      assertThat(told.keySet()).containsExactly("1.0", "0.0", "0.1");
      assertThat(told.get("1.0").ids()).hasSize(24).containsExactly(sampled.get(1).get(0).ids());
      assertThat(told.get("0.1").ids()).containsExactly(sampled.get(0).get(1).ids());
      assertThat(told.get("0.1").logprobs())
          .containsExactly(sampled.get(0).get(1).logprobs(), within(0f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama-gqa-tied"})
  void endsWhereTheModelsPositionsEnd(String name) throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      List<GenerationRequest> near = List.of(request(0, 63, 2), request(1, 60, 1));
      List<List<Sampled>> sampled =
          Generator.generate(model, SamplingSettings.of(10, 1), new int[0], near, 8);

      assertThat(sampled.get(0)).allMatch(one -> one.ids().length == 1 && !one.ended());
      assertThat(sampled.get(1)).allMatch(one -> one.ids().length == 4 && !one.ended());
      assertThat(flat(sampled)).containsExactly(full(model, near, sampled, 1), SAME);
    }
  }

  @Test
  void refusesPromptsThatCantBeContinued() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      for (int length : new int[] {0, 64, 65}) {
        List<GenerationRequest> bad = List.of(request(0, 3, 1), request(1, length, 1));
        assertThatThrownBy(
                () -> Generator.generate(model, SamplingSettings.of(5, 1), STOPS, bad, 8))
            .isInstanceOf(UserException.class)
            .hasMessageStartingWith("a prompt of " + length + " tokens can't be continued");
      }
    }
  }

  @Test
  void nothingWantedIsNothingDrawn() throws IOException {
    try (LanguageModel model = LanguageModel.load(Fixture.of("gpt2").folder())) {
      SamplingSettings settings = SamplingSettings.of(5, 1);
      assertThat(Generator.generate(model, settings, STOPS, List.of(), 8)).isEmpty();
      List<List<Sampled>> sampled =
          Generator.generate(
              model, settings, STOPS, List.of(request(0, 3, 0), request(1, 3, 1)), 8);
      assertThat(sampled.get(0)).isEmpty();
      assertThat(sampled.get(1)).hasSize(1);
    }
  }

  private GenerationRequest request(int index, int prompt, int samples) {
    return new GenerationRequest(
        random.ids(prompt),
        IntStream.range(0, samples).mapToObj(i -> new SampleKey(9, 1, index, i)).toList());
  }

  private float[] full(LanguageModel model, List<List<Sampled>> sampled, double temperature) {
    return full(model, requests, sampled, temperature);
  }

  /** What a pass over the finished completions says of their tokens. */
  private static float[] full(
      LanguageModel model,
      List<GenerationRequest> requests,
      List<List<Sampled>> sampled,
      double temperature) {
    List<TokenTree> trees = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      List<int[]> completions = sampled.get(i).stream().map(Sampled::ids).toList();
      trees.add(new TokenTree(requests.get(i).prompt(), completions));
    }
    return model.logprobs(PackedTokens.of(trees), temperature).logprobs();
  }

  private static float[] flat(List<List<Sampled>> sampled) {
    List<Float> all = new ArrayList<>();
    for (List<Sampled> group : sampled) {
      for (Sampled one : group) {
        for (float logprob : one.logprobs()) {
          all.add(logprob);
        }
      }
    }
    float[] flat = new float[all.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = all.get(i);
    }
    return flat;
  }

  private static List<List<Integer>> ids(List<List<Sampled>> sampled) {
    return sampled.stream()
        .flatMap(List::stream)
        .map(one -> Arrays.stream(one.ids()).boxed().toList())
        .toList();
  }

  private static double distance(float[] a, float[] b) {
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
  }

  private static boolean isStop(int id) {
    return Arrays.stream(STOPS).anyMatch(stop -> stop == id);
  }
}
