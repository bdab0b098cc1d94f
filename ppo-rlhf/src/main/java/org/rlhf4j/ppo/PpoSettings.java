package org.rlhf4j.ppo;

import java.nio.file.Path;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * PPO's own settings; the defaults are those of Huang et al. 2024 and of Schulman et al. 2017.
 *
 * @param objective what an update minimises for the policy
 * @param clip ε of the policy's ratio, of the clipped objective; or null
 * @param dualClip c, its second clip; or null
 * @param stepKlTarget KL from the old policy per token, of the objectives that aim at one; or null
 * @param stepKlCoefficient β_s at the start, of adaptive-kl; or null
 * @param ppoEpochs K, passes over a rollout batch
 * @param minibatches updates of one pass
 * @param gamma γ, the discount
 * @param advantage what the rewards to come are compared with
 * @param advantageEstimator what makes returns of rewards and values
 * @param lambda λ of GAE
 * @param nSteps n of n-step returns, or null
 * @param bootstrapCut whether a completion that was cut counts as interrupted
 * @param whiten whether the advantages of a batch are whitened
 * @param valueClip ε_v of the values; 0: off
 * @param valueCoefficient c_v, the value loss's weight
 * @param entropyCoefficient c_H, the entropy bonus's weight
 * @param critic whether the critic is a network of its own
 * @param valueModel what the critic starts from, or null
 * @param valueLearningRate the critic's
 * @param criticWarmupSteps steps that train the critic alone
 * @param maxRatio the most that a token of a replay weighs, or null
 * @param maxBehaviourRatio C, the most that a token of a behaviour policy weighs
 */
@SettingsGroup("PPO")
public record PpoSettings(
    @Setting(help = "What an update minimises for the policy.", defaultValue = "clip")
        Objective objective,
    @Setting(
            help = "How far the policy's ratio may be from 1. Only for --objective clip.",
            defaultText = "0.2")
        Double clip,
    @Setting(
            help =
                "Bound on the loss of a bad token, as a multiple of its advantage, however far its"
                    + " ratio rose. Only for --objective clip.",
            defaultText = "off")
        Double dualClip,
    @Setting(
            help =
                "KL from the old policy to the new, in nats per token: the target of adaptive-kl,"
                    + " the bound of trust-region.",
            defaultText = "0.01")
        Double stepKlTarget,
    @Setting(
            help = "Weight of that KL at the start, of adaptive-kl; it doubles and halves.",
            defaultText = "1")
        Double stepKlCoefficient,
    @Setting(help = "Passes over a rollout batch.", defaultValue = "4") int ppoEpochs,
    @Setting(help = "Updates in a pass. Each takes its share of the batch.", defaultValue = "1")
        int minibatches,
    @Setting(help = "Discount of later rewards.", defaultValue = "1") double gamma,
    @Setting(
            help =
                "What the rewards to come are compared with: what the critic expected, or nothing.",
            defaultValue = "critic")
        Baseline advantage,
    @Setting(help = "What makes returns of rewards and values.", defaultValue = "gae")
        AdvantageEstimator advantageEstimator,
    @Setting(help = "Lambda of generalized advantage estimation (GAE).", defaultValue = "0.95")
        double lambda,
    @Setting(
            help = "Rewards of an n-step return. Only for --advantage-estimator n-step.",
            defaultText = "5")
        Integer nSteps,
    @Setting(
            help =
                "Take a completion without EOS as interrupted: it gets neither score nor penalty,"
                    + " but what the critic expects beyond its last token.",
            defaultValue = "false")
        boolean bootstrapCut,
    @Setting(
            help = "Shift and scale the advantages of a rollout batch to mean 0 and variance 1.",
            defaultValue = "true")
        boolean whiten,
    @Setting(
            help = "How far a value may be from the value at sampling. 0 turns this off.",
            defaultValue = "0.2")
        double valueClip,
    @Setting(help = "Weight of the value loss.", defaultValue = "0.1") double valueCoefficient,
    @Setting(help = "Weight of the entropy bonus.", defaultValue = "0") double entropyCoefficient,
    @Setting(
            help =
                "Whether the critic is a network of its own (separate) or a head on the policy's"
                    + " trunk (shared).",
            defaultValue = "separate")
        Critic.Kind critic,
    @Setting(
            help = "Model that the critic starts from: a model folder, a run or a hub id.",
            defaultText =
                "the reward model; if there is none, or it has another tokenizer: the policy with a"
                    + " fresh head",
            model = true)
        Path valueModel,
    @Setting(help = "Learning rate of the critic.", defaultValue = "5e-6") double valueLearningRate,
    @Setting(help = "Steps at the start that train only the critic.", defaultValue = "0")
        int criticWarmupSteps,
    @Setting(
            help =
                "With --replay or --replay-buffer: weighs each token by min(ratio, this), held"
                    + " constant.",
            defaultText = "off; 2 with --replay-buffer")
        Double maxRatio,
    @Setting(
            help =
                "Weighs each token that a behaviour policy sampled by min(old policy / behaviour"
                    + " policy, this), held constant.",
            defaultValue = "2")
        double maxBehaviourRatio) {

  /** Fills in what depends on the objective, and checks what can be together. */
  public PpoSettings {
    boolean clips = objective == Objective.CLIP;
    Limits.require(clips || clip == null, "clip", "is for --objective clip");
    Limits.require(clips || dualClip == null, "dual-clip", "is for --objective clip");
    Limits.require(
        objective.hasStepTarget() || stepKlTarget == null,
        "step-kl-target",
        "is for --objective adaptive-kl or trust-region");
    boolean weighsStep = objective == Objective.ADAPTIVE_KL;
    Limits.require(
        weighsStep || stepKlCoefficient == null,
        "step-kl-coefficient",
        "is for --objective adaptive-kl");
    stepKlCoefficient =
        stepKlCoefficient == null && weighsStep ? Double.valueOf(1) : stepKlCoefficient;
    if (stepKlCoefficient != null) {
      Limits.between(
          "step-kl-coefficient",
          AdaptiveKlObjective.LEAST,
          AdaptiveKlObjective.LARGEST,
          stepKlCoefficient);
    }
    clip = clip == null && clips ? Double.valueOf(0.2) : clip;
    stepKlTarget =
        stepKlTarget == null && objective.hasStepTarget() ? Double.valueOf(0.01) : stepKlTarget;
    checkRange("clip", clip);
    Limits.require(dualClip == null || dualClip > 1, "dual-clip", "must be above 1");
    checkRange("step-kl-target", stepKlTarget);
    checkRange("max-ratio", maxRatio);
    Limits.positive("max-behaviour-ratio", maxBehaviourRatio);
    Limits.positive("ppo-epochs", ppoEpochs);
    Limits.positive("minibatches", minibatches);
    Limits.between("gamma", 0, 1, gamma);
    Limits.between("lambda", 0, 1, lambda);
    boolean steps = advantageEstimator == AdvantageEstimator.N_STEP;
    Limits.require(steps || nSteps == null, "n-steps", "is for --advantage-estimator n-step");
    nSteps = nSteps == null && steps ? Integer.valueOf(5) : nSteps;
    if (nSteps != null) {
      Limits.positive("n-steps", nSteps);
    }
    Limits.notNegative("value-clip", valueClip);
    Limits.notNegative("value-coefficient", valueCoefficient);
    Limits.notNegative("entropy-coefficient", entropyCoefficient);
    Limits.notNegative("value-learning-rate", valueLearningRate);
    Limits.notNegative("critic-warmup-steps", criticWarmupSteps);
    boolean shared = critic == Critic.Kind.SHARED;
    Limits.require(
        !shared || valueModel == null,
        "value-model",
        "is for --critic separate; a shared critic is a head on the policy");
    boolean trust = !objective.takesMinibatches();
    Limits.require(
        !shared || !trust,
        "critic",
        "must be separate with --objective trust-region, which trains the critic apart");
    Limits.require(
        !trust || entropyCoefficient == 0,
        "entropy-coefficient",
        "must be 0 with --objective trust-region");
  }

  private static void checkRange(String name, Double value) {
    if (value != null) {
      Limits.positive(name, value);
    }
  }
}
