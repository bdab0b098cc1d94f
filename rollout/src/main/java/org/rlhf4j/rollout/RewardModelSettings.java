package org.rlhf4j.rollout;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;

/**
 * The reward models that judge completions, and what they make together.
 *
 * @param rewardModel the models; none where programs judge alone
 * @param rewardModelWeights of each in the sum; empty: 1 each
 * @param rewardEnsemble how several scores become one
 * @param ensembleDeviations k of {@link RewardEnsemble#MEAN_LESS_DEVIATION}; null for others
 */
public record RewardModelSettings(
    @Setting(
            help =
                "Reward model that scores completions: a model folder, a run or a hub id. The"
                    + " scores of several are added up, or are an ensemble.",
            model = true)
        List<Path> rewardModel,
    @Setting(
            help = "Weight of each --reward-model in the sum, in their order: 1,0.5.",
            defaultText = "1 each")
        List<Double> rewardModelWeights,
    @Setting(help = "How the scores of several reward models become one.", defaultValue = "sum")
        RewardEnsemble rewardEnsemble,
    @Setting(
            help = "How many standard deviations mean-less-deviation subtracts.",
            defaultText = "1, with mean-less-deviation")
        Double ensembleDeviations) {

  /** Checks that what is given goes together. */
  public RewardModelSettings {
    rewardModel = List.copyOf(rewardModel);
    rewardModelWeights = List.copyOf(rewardModelWeights);
    boolean sum = rewardEnsemble == RewardEnsemble.SUM;
    Limits.require(
        rewardModelWeights.isEmpty() || rewardModelWeights.size() == rewardModel.size(),
        "reward-model-weights",
        "must be as many as --reward-model, "
            + rewardModel.size()
            + ", not "
            + rewardModelWeights.size());
    Limits.require(
        sum || rewardModelWeights.isEmpty(),
        "reward-model-weights",
        "is for --reward-ensemble sum");
    Limits.require(
        sum || rewardModel.size() > 1,
        "reward-ensemble",
        "needs several --reward-model, not " + rewardModel.size());
    boolean subtracts = rewardEnsemble == RewardEnsemble.MEAN_LESS_DEVIATION;
    Limits.require(
        subtracts || ensembleDeviations == null,
        "ensemble-deviations",
        "is for --reward-ensemble mean-less-deviation");
    ensembleDeviations =
        subtracts && ensembleDeviations == null ? Double.valueOf(1) : ensembleDeviations;
    if (ensembleDeviations != null) {
      Limits.notNegative("ensemble-deviations", ensembleDeviations);
    }
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return rewardModel.isEmpty();
  }

  /** Whether there are several. */
  public boolean areSeveral() {
    return rewardModel.size() > 1;
  }

  /** Whether several judge as one, so that they have no weights. */
  public boolean areEnsemble() {
    return rewardEnsemble != RewardEnsemble.SUM;
  }

  /** The weights in the sum, one for each model. */
  public List<Double> weights() {
    return rewardModelWeights.isEmpty()
        ? Collections.nCopies(rewardModel.size(), 1.0)
        : rewardModelWeights;
  }
}
