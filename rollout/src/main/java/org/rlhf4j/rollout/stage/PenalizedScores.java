package org.rlhf4j.rollout.stage;

import org.rlhf4j.reward.Normalization;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutSettings;

/**
 * What a run learns from: raw scores, normalized where that is wanted, less the penalties of
 * completions that were cut or are long. It goes no further; metrics and files have the raw scores.
 *
 * @param normalization of the reward model's scores
 * @param missingEosPenalty subtracted where a completion was cut
 * @param overlong subtracted for length
 */
public record PenalizedScores(
    Normalization normalization, double missingEosPenalty, OverlongPenalty overlong) {

  /** As the settings say. */
  public static PenalizedScores of(RolloutSettings settings) {
    return new PenalizedScores(
        ofOneModel(settings), settings.missingEosPenalty(), OverlongPenalty.of(settings));
  }

  /** Of several reward models each is normalized before their scores become one. */
  private static Normalization ofOneModel(RolloutSettings settings) {
    return settings.normalizeReward() && !settings.rewardModels().areSeveral()
        ? Normalization.of(settings.rewardModels().rewardModel().get(0))
        : Normalization.NONE;
  }

  /** Of all completions, in flat order. */
  public double[] of(Rollout rollout) {
    return rollout.completions().stream().mapToDouble(this::of).toArray();
  }

  double of(Completion completion) {
    return normalization.of(completion.score())
        - (completion.ended() ? 0 : missingEosPenalty)
        - overlong.of(completion.length());
  }
}
