package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.SamplingSettings;

/** A step leaves no array behind: tensor memory isn't the garbage collector's. */
class NativeMemoryTest {
  private static final int STEPS = 50;

  private final RandomTokens random = new RandomTokens(4);
  private final PackedTokens tokens =
      PackedTokens.of(List.of(random.tree(6, 5, 7), random.tree(3, 8)));
  private LanguageModel policy;
  private ScalarModel critic;

  @BeforeEach
  void load() throws IOException {
    policy = LanguageModel.load(Fixture.of("llama-gqa-tied").folder());
    critic = ScalarModel.load(Fixture.of("llama-reward").folder());
  }

  @AfterEach
  void close() {
    policy.close();
    critic.close();
  }

  @Test
  void arraysStayConstantOverSteps() {
    float[] gradients = random.weights(tokens.predicted());
    assertConstant(() -> policy.logprobs(tokens, 1));
    assertConstant(() -> critic.scores(tokens));
    assertConstant(() -> critic.values(tokens));
    assertConstant(() -> policy.accumulate(tokens, 1, gradients));
    assertConstant(this::policyStep);
    assertConstant(this::criticStep);
    assertConstant(this::gradientStep);
    assertConstant(this::generate);
    assertConstant(() -> policy.copy().close());
  }

  /**
   * An id that isn't in the vocabulary: what the pass had opened is closed, and the next one works.
   */
  @Test
  void aPassThatFailsLeavesNothing() {
    PackedTokens unknown =
        PackedTokens.of(List.of(TokenTree.of(new int[] {1}, new int[] {1_000_000, 1})));
    assertConstant(
        () -> {
          assertThatThrownBy(() -> policy.forward(unknown, 1, false))
              .isInstanceOf(RuntimeException.class);
          assertThatThrownBy(() -> critic.forwardScores(unknown))
              .isInstanceOf(RuntimeException.class);
          policyStep();
        });
  }

  @Test
  void withAnAdapterTheyDoToo() throws IOException {
    policy.close();
    LoraConfig lora = new LoraConfig(2, 4, 0.1, false, List.of());
    policy = LanguageModel.load(Fixture.of("llama-gqa-tied").folder(), lora, 1);
    policy.drawDropout(1, 1);
    float[] gradients = random.weights(tokens.predicted());
    assertConstant(() -> policy.logprobs(tokens, 1));
    assertConstant(() -> policy.accumulate(tokens, 1, gradients));
    assertConstant(this::policyStep);
    assertConstant(this::generate);
    assertConstant(() -> policy.copy().close());
  }

  /** The control: an array left in a manager is seen. */
  @Test
  void aForgottenArrayIsCounted() {
    int before = arrays();
    NDArray forgotten = policy.parameters().manager().create(1f);
    assertThat(arrays()).isEqualTo(before + 1);
    forgotten.close();
    NDManager scope = policy.parameters().manager().newSubManager();
    scope.create(2f);
    assertThat(arrays()).isEqualTo(before + 1);
    scope.close();
    assertThat(arrays()).isEqualTo(before);
  }

  private void assertConstant(Runnable step) {
    step.run();
    int before = arrays();
    for (int i = 0; i < STEPS; i++) {
      step.run();
    }
    assertThat(arrays()).isEqualTo(before);
  }

  private int arrays() {
    return Stream.of(policy.weights(), policy.parameters(), critic.parameters())
        .distinct()
        .mapToInt(parameters -> parameters.manager().getManagedArrays().size())
        .sum();
  }

  private void policyStep() {
    try (LogprobPass pass = policy.forward(tokens, 0.9, true)) {
      NDArray loss = pass.logprobs().square().mean().add(pass.entropies().mean());
      pass.backward(loss);
    }
  }

  private void criticStep() {
    try (ScalarPass pass = critic.forwardValues(tokens)) {
      pass.backward(pass.scalars().square().mean());
    }
    try (ScalarPass pass = critic.forwardScores(tokens)) {
      pass.backward(pass.scalars().sum());
    }
  }

  private void gradientStep() {
    policy.parameters().trainable(true);
    try (NDManager scope = policy.parameters().manager().newSubManager()) {
      policy.parameters().gradients(scope).forEach(NDArray::isNaN);
    }
    policy.parameters().zeroGradients();
    policy.parameters().trainable(false);
  }

  private void generate() {
    List<GenerationRequest> requests = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      requests.add(
          new GenerationRequest(
              random.ids(3 + i), List.of(new SampleKey(0, 0, i, 0), new SampleKey(0, 0, i, 1))));
    }
    Generator.generate(policy, SamplingSettings.of(6, 1), new int[] {0, 5}, requests, 4);
  }
}
