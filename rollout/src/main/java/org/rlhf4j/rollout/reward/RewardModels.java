package org.rlhf4j.rollout.reward;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.reward.Normalization;
import org.rlhf4j.rollout.RewardModelSettings;

/**
 * The reward models of a run, and what they make together.
 *
 * @param settings name them and say how their scores become one
 * @param models in the settings' order; none where they aren't needed
 * @param normalizations of each model's scores before they become one
 */
public record RewardModels(
    RewardModelSettings settings,
    List<RewardModelReward> models,
    List<Normalization> normalizations) {

  /** The name of a part of the reward that is a reward model or an ensemble. */
  static final String NAME = "model";

  /** Keeps copies. */
  public RewardModels {
    models = List.copyOf(models);
    normalizations = List.copyOf(normalizations);
  }

  /** Models whose scores are taken as they are. */
  public RewardModels(RewardModelSettings settings, List<RewardModelReward> models) {
    this(settings, models, models.stream().map(model -> Normalization.NONE).toList());
  }

  /** Makes sure that each model reads a prompt, before completions of it are sampled. */
  public void requireRead(TokenizedPrompt prompt) {
    models.forEach(model -> model.requireReads(prompt));
  }

  /** What they are of the sum that judges: each model with its weight, or the ensemble. */
  List<WeightedRewards.Part> parts() {
    List<Reward> rewards =
        IntStream.range(0, models.size())
            .mapToObj(k -> normalized(models.get(k), normalizations.get(k)))
            .toList();
    if (rewards.isEmpty()) {
      return List.of();
    }
    if (settings.areEnsemble()) {
      Double deviations = settings.ensembleDeviations();
      Reward ensemble =
          new EnsembleReward(
              rewards, settings.rewardEnsemble(), deviations == null ? 0 : deviations);
      return List.of(new WeightedRewards.Part(NAME, 1, ensemble));
    }
    List<WeightedRewards.Part> parts = new ArrayList<>();
    weights(settings)
        .forEach(
            (name, weight) ->
                parts.add(new WeightedRewards.Part(name, weight, rewards.get(parts.size()))));
    return parts;
  }

  private static Reward normalized(Reward reward, Normalization normalization) {
    if (normalization.equals(Normalization.NONE)) {
      return reward;
    }
    return rollout -> {
      double[] scores = reward.score(rollout);
      for (int i = 0; i < scores.length; i++) {
        scores[i] = normalization.of(scores[i]);
      }
      return scores;
    };
  }

  /** The weights of their parts of the sum, by name: model, model_2, …; an ensemble is one part. */
  static Map<String, Double> weights(RewardModelSettings settings) {
    Map<String, Double> weights = new LinkedHashMap<>();
    if (settings.areEnsemble()) {
      weights.put(NAME, 1.0);
      return weights;
    }
    for (double weight : settings.weights()) {
      weights.put(weights.isEmpty() ? NAME : NAME + "_" + (weights.size() + 1), weight);
    }
    return weights;
  }
}
