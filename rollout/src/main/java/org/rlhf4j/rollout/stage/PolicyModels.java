package org.rlhf4j.rollout.stage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.RunPlan;

/**
 * The models of a run: the policy, which stays its caller's to close, and what is loaded beside it.
 */
public final class PolicyModels implements AutoCloseable {
  private final LanguageModel policy;
  private final int maxLength;
  private final LanguageModel reference;
  private final Optional<LanguageModel> kept;
  private final Optional<LanguageModel> copy;
  private final RolloutSampler sampler;
  private final List<ScalarModel> rewardModels;
  private final Opened opened;

  private PolicyModels(LanguageModel policy, PolicySettings settings, Opened opened) {
    RolloutSettings rollouts = settings.rollouts();
    this.policy = policy;
    this.maxLength = rollouts.maxLength();
    this.opened = opened;
    this.reference = opened.add(referenceOf(policy, rollouts), LanguageModel::close);
    requireReadsRollouts(
        rollouts.referenceModel(),
        reference.tokenizer(),
        reference.config().dimensions().positions());
    boolean refreshes = settings.kl().refreshReferenceEvery() != null;
    if (refreshes) {
      requireRefreshable(rollouts.referenceModel());
    }
    this.kept =
        refreshes && rollouts.heldOut().isAsked()
            ? Optional.of(opened.add(reference.copy(), LanguageModel::close))
            : Optional.empty();
    this.copy =
        rollouts.rolloutPrecision() == null || rollouts.rolloutPrecision() == policy.precision()
            ? Optional.empty()
            : Optional.of(
                opened.add(policy.copyIn(rollouts.rolloutPrecision()), LanguageModel::close));
    this.sampler = new RolloutSampler(policy, copy);
    this.rewardModels =
        rollouts.replay() != null
            ? List.of()
            : rollouts.rewardModels().rewardModel().stream()
                .map(one -> opened.add(Manifest.loadVerified(one, policy), ScalarModel::close))
                .toList();
  }

  private static LanguageModel referenceOf(LanguageModel policy, RolloutSettings rollouts) {
    return rollouts.referenceModel() == null
        ? policy.copy()
        : LanguageModel.load(rollouts.referenceModel(), policy);
  }

  /**
   * Loads what the run needs beside the policy.
   *
   * @param policy to improve
   * @param settings name the others
   * @return the models, to be closed
   * @throws UserException where one can't be loaded, or doesn't suit the policy
   */
  static PolicyModels load(LanguageModel policy, PolicySettings settings) {
    return Opened.allOrNone(opened -> new PolicyModels(policy, settings, opened));
  }

  /**
   * Makes sure that a network can read the policy's own tokens.
   *
   * @param folder where it is from
   * @param tokenizer its tokenizer
   * @param positions how many tokens it reads
   * @throws UserException where its tokenizer is another, or a rollout doesn't fit
   */
  public void requireReadsRollouts(Path folder, Tokenizer tokenizer, int positions) {
    if (!tokenizer.hash().equals(policy.tokenizer().hash())) {
      throw new UserException(
          folder
              + ": its tokenizer is different from the policy's, but it must read the policy's"
              + " tokens");
    }
    if (positions < maxLength) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: it reads at most %d tokens; lower --max-length, which is %d",
              folder,
              positions,
              maxLength));
    }
  }

  private void requireRefreshable(Path folder) {
    if (!policy.isTrainedLike(reference)) {
      throw new UserException(
          folder
              + ": its shape is different from the policy's, or its adapter is on another base, so"
              + " the policy can't become the reference; leave out --refresh-reference-every");
    }
  }

  /** The policy. */
  public LanguageModel policy() {
    return policy;
  }

  /** What samples the completions. */
  RolloutSampler sampler() {
    return sampler;
  }

  /** The reference, frozen but for {@link #refreshReference}. */
  public LanguageModel reference() {
    return reference;
  }

  /** The reference that the run began with, for held-out prompts, whatever became of it since. */
  LanguageModel firstReference() {
    return kept.orElse(reference);
  }

  /** The reward models; none where programs judge alone, and when rollouts are replayed. */
  public List<ScalarModel> rewardModels() {
    return rewardModels;
  }

  /** Makes the policy as it stands the reference, which has its shape. */
  void refreshReference() {
    reference.parameters().set(policy.parameters());
  }

  /**
   * What the models take.
   *
   * @param more networks beside these that are trained
   */
  List<RunPlan.Part> memory(List<RunPlan.Part> more) {
    List<RunPlan.Part> memory = new ArrayList<>();
    memory.add(RunPlan.Part.trained("policy", policy.parameters()));
    memory.addAll(RunPlan.Part.base(policy));
    memory.addAll(more);
    memory.add(RunPlan.Part.frozen("reference", reference.parameters()));
    kept.ifPresent(one -> memory.add(RunPlan.Part.frozen("first reference", one.parameters())));
    copy.ifPresent(one -> memory.add(RunPlan.Part.frozen("sampler", one.parameters())));
    rewardModels.forEach(one -> memory.add(RunPlan.Part.frozen("reward model", one.parameters())));
    return memory;
  }

  @Override
  public void close() {
    opened.close();
  }
}
