package org.rlhf4j.rollout.stage;

import java.util.function.UnaryOperator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.adapter.LoraConfig;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.slice.PassWorker;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.TrainedWeights;

/**
 * A process with the models and rows of a run of ppo or grpo.
 *
 * @param run models and rows
 * @param passes how gradients are computed
 * @param trained what they are the gradients of
 * @param probe what it computed first
 * @param completed adds to a rollout what the stage has beside log-probabilities
 * @param opened what it closes
 * @param <P> how gradients are computed
 */
public record PolicyWorker<P>(
    PolicyRun run,
    P passes,
    TrainedWeights trained,
    Probe probe,
    UnaryOperator<Rollout> completed,
    Opened opened)
    implements PassWorker<P> {

  /**
   * Loads the models and rows of a run.
   *
   * @param settings of the run
   * @param adapter that is trained, or null
   * @param format that networks compute in
   * @param opened takes what is to be closed
   */
  public static PolicyRun load(
      PolicySettings settings, LoraConfig adapter, Precision format, Opened opened) {
    RewardPrograms programs =
        opened.add(RewardPrograms.tried(settings.rollouts(), System.err), RewardPrograms::close);
    LanguageModel policy =
        opened.add(
            LanguageModel.load(settings.rollouts().model(), adapter, settings.seed(), format),
            LanguageModel::close);
    return opened.add(PolicyRun.open(policy, settings, programs), PolicyRun::close);
  }

  /**
   * The completions of some prompts with all that is learnt from.
   *
   * @param step from 1
   * @param rows indices of prompts
   */
  Rollout rollout(int step, int[] rows) {
    return completed.apply(run.ofRows(step, rows));
  }

  @Override
  public void close() {
    opened.close();
  }
}
