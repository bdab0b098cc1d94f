package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.random.SampleKey;
import org.rlhf4j.model.sampling.GenerationRequest;
import org.rlhf4j.model.sampling.Sampled;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;
import org.rlhf4j.settings.Precision;

/** How far a model's numbers are from those that transformers computes from the same checkpoint. */
public final class Agreement {
  private Agreement() {}

  /** The largest difference of a log-probability or an entropy, over sequences and trees. */
  public static double ofLogprobs(LanguageModel model, Fixture fixture) {
    double worst = 0;
    for (JsonNode sequence : fixture.expected().get("sequences")) {
      PackedTokens tokens =
          PackedTokens.of(
              List.of(new TokenTree(new int[0], List.of(Fixture.ints(sequence.get("ids"))))));
      for (JsonNode at : sequence.get("at")) {
        TokenLogprobs ours = model.logprobs(tokens, at.get("temperature").doubleValue());
        worst = Math.max(worst, distance(ours.logprobs(), at.get("logprobs")));
        worst = Math.max(worst, distance(ours.entropies(), at.get("entropy")));
      }
    }
    return Math.max(worst, ofTrees(model, fixture.expected().get("trees")));
  }

  /** The largest difference of a final-normed hidden state. */
  public static double ofHiddenStates(LanguageModel model, Fixture fixture) {
    JsonNode hidden = fixture.expected().get("hidden");
    TokenTree tree = new TokenTree(new int[0], List.of(Fixture.ints(hidden.get("ids"))));
    List<Float> theirs = new ArrayList<>();
    hidden.get("states").forEach(row -> row.forEach(x -> theirs.add(x.floatValue())));
    float[] expected = new float[theirs.size()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = theirs.get(i);
    }
    try (NDManager scope = Torch.manager()) {
      NDArray states =
          model.network().hidden(model.parameters(), PackedTokens.of(List.of(tree)), scope, null);
      return distance(states.toFloatArray(), expected);
    }
  }

  /** Prompts with several completions, each of which transformers has computed by itself. */
  private static double ofTrees(LanguageModel model, JsonNode trees) {
    double worst = 0;
    for (JsonNode tree : trees) {
      List<int[]> completions = new ArrayList<>();
      tree.get("completions").forEach(completion -> completions.add(Fixture.ints(completion)));
      PackedTokens tokens =
          PackedTokens.of(List.of(new TokenTree(Fixture.ints(tree.get("prompt")), completions)));
      float[] ours = model.logprobs(tokens, 1).logprobs();
      for (int i = 0; i < tokens.completions(); i++) {
        float[] one = Arrays.copyOfRange(ours, tokens.start(i), tokens.start(i + 1));
        worst = Math.max(worst, distance(one, tree.get("logprobs").get(i)));
      }
    }
    return worst;
  }

  /** Whether all greedy continuations are the same ids and end in the same way. */
  public static boolean ofGreedy(LanguageModel model, Fixture fixture) {
    boolean same = true;
    for (JsonNode greedy : fixture.expected().get("greedy")) {
      GenerationRequest request =
          new GenerationRequest(
              Fixture.ints(greedy.get("prompt")), List.of(new SampleKey(0, 0, 0, 0)));
      SamplingSettings settings = SamplingSettings.of(greedy.get("max_new_tokens").intValue(), 0);
      int[] stops = Fixture.ints(greedy.get("eos_ids"));
      Sampled sampled =
          Generator.generate(model, settings, stops, List.of(request), 8).get(0).get(0);
      boolean ended = !greedy.get("finish_reason").textValue().equals("length");
      same &= Arrays.equals(sampled.ids(), Fixture.ints(greedy.get("ids")));
      same &= sampled.ended() == ended;
    }
    return same;
  }

  /**
   * The gradients that a model has collected from the fixture's loss: over its weights the largest
   * |ours − theirs| / (|theirs| + 1e-4).
   */
  public static double ofGradients(LanguageModel model, Fixture fixture) {
    JsonNode loss = fixture.expected().get("loss");
    Safetensors expected =
        Safetensors.open(fixture.folder().resolve(loss.get("gradients").textValue()));
    String prefix = model.config().family().backbonePrefix();
    Parameters parameters = model.parameters();
    double worst = 0;
    int compared = 0;
    try (NDManager scope = Torch.manager()) {
      for (int i = 0; i < parameters.specs().size(); i++) {
        NDArray gradient = parameters.gradients(scope).get(i);
        for (Map.Entry<String, StridedTensor> part :
            Parameters.parts(
                    parameters.specs().get(i), Placement.HOST.read(gradient), Precision.FP32)
                .entrySet()) {
          String prefixed = prefix + part.getKey();
          String name = expected.entries().containsKey(prefixed) ? prefixed : part.getKey();
          worst = Math.max(worst, relative(part.getValue().values(), expected.values(name)));
          compared++;
        }
      }
    }
    return compared == expected.entries().size() ? worst : Double.NaN;
  }

  private static double relative(float[] ours, float[] theirs) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < ours.length; i++) {
      difference += Math.pow(theirs[i] - ours[i], 2);
      norm += (double) theirs[i] * theirs[i];
    }
    return Math.sqrt(difference) / (Math.sqrt(norm) + 1e-4);
  }

  /** The largest difference of a score or a value; rows as {@code write_scalar} writes them. */
  public static double ofScores(ScalarModel model, JsonNode rows) {
    PackedTokens tokens = PackedTokens.of(Fixture.rows(rows));
    float[] scores = model.scores(tokens);
    float[] values = model.values(tokens);
    double worst = 0;
    for (int i = 0; i < rows.size(); i++) {
      worst = Math.max(worst, Math.abs(scores[i] - rows.get(i).get("score").doubleValue()));
      float[] one = Arrays.copyOfRange(values, tokens.start(i), tokens.start(i + 1));
      worst = Math.max(worst, distance(one, rows.get(i).get("values")));
    }
    return worst;
  }

  /** The largest difference of two rows of numbers, NaN where one is longer or holds a NaN. */
  public static double distance(float[] ours, JsonNode theirs) {
    return distance(ours, Fixture.floats(theirs));
  }

  public static double distance(float[] a, float[] b) {
    double worst = a.length == b.length ? 0 : Double.NaN;
    for (int i = 0; i < Math.min(a.length, b.length); i++) {
      worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
  }
}
