package org.rlhf4j.rollout.reward;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.program.Judge;
import org.rlhf4j.rollout.program.ProgramKind;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.RunPlan;

/** The programs of a run's {@code --reward}, opened, by the names that metrics have for them. */
public final class RewardPrograms implements AutoCloseable {
  private record Opened(WeightedProgram setting, RewardProgram program) {}

  private final Map<String, Opened> programs = new LinkedHashMap<>();

  private RewardPrograms() {}

  /**
   * Opens the programs of a run; see {@link #tried(List, double, RowFiles, OnBadRow, PrintStream)}.
   *
   * @param settings name the programs and the data; replayed rollouts need no programs
   * @param shown takes what was found, and what commands say on their error streams
   * @return the programs, to be closed
   */
  public static RewardPrograms tried(RolloutSettings settings, PrintStream shown) {
    return settings.replay() != null
        ? new RewardPrograms()
        : tried(
            settings.reward(),
            settings.rewardTimeout(),
            settings.allFiles(),
            settings.rows().onBadRow(),
            shown);
  }

  /**
   * Opens programs and tries them on some rows of each data file, so that what is wrong with them
   * is known before a model is loaded. A command is kept running from here on.
   *
   * @param programs may be none
   * @param timeout seconds that a command may keep silent while an answer is due
   * @param files the data
   * @param onBadRow what to do about a bad row
   * @param shown takes what was found, and what commands say on their error streams
   * @return the programs, to be closed
   * @throws UserException where one can't be opened, fails, or applies to none of the rows
   */
  public static RewardPrograms tried(
      List<WeightedProgram> programs,
      double timeout,
      RowFiles files,
      OnBadRow onBadRow,
      PrintStream shown) {
    RewardPrograms opened = new RewardPrograms();
    if (programs.isEmpty()) {
      return opened;
    }
    try {
      opened.open(programs, Duration.ofMillis(Math.round(1000 * timeout)), shown);
      RewardTrial trial = RewardTrial.of(files, onBadRow);
      opened.programs.forEach(
          (name, one) -> shown.println(trial.line(one.setting(), name, one.program())));
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private void open(List<WeightedProgram> settings, Duration timeout, PrintStream shown) {
    named(settings)
        .forEach(
            (name, setting) ->
                programs.put(
                    name,
                    new Opened(
                        setting, setting.open(new ProgramKind.Surroundings(timeout, shown)))));
  }

  /** Programs by the names that metrics have for them. */
  private static Map<String, WeightedProgram> named(List<WeightedProgram> settings) {
    Map<ProgramKind, Integer> count = new HashMap<>();
    Map<String, WeightedProgram> named = new LinkedHashMap<>();
    for (WeightedProgram setting : settings) {
      int number = count.merge(setting.kind(), 1, Integer::sum);
      String name = setting.kind().name().toLowerCase(Locale.ROOT);
      named.put(number == 1 ? name : name + "_" + number, setting);
    }
    return named;
  }

  /**
   * The weights of the parts of a sum of rewards, by the names that metrics have for them.
   *
   * @param settings name the reward models and the programs
   */
  public static Map<String, Double> weights(RolloutSettings settings) {
    Map<String, Double> weights = RewardModels.weights(settings.rewardModels());
    named(settings.reward()).forEach((name, setting) -> weights.put(name, setting.weight()));
    return weights;
  }

  /** Whether there are none, so that reward models alone judge. */
  public boolean isEmpty() {
    return programs.isEmpty();
  }

  /**
   * What judges completions: the programs, the reward models, or the weighted sum of both.
   *
   * @param rewardModels none where programs judge alone
   * @param policyTokenizer that of the policy
   */
  public Reward with(RewardModels rewardModels, Tokenizer policyTokenizer) {
    List<WeightedRewards.Part> parts = new ArrayList<>(rewardModels.parts());
    if (isEmpty() && parts.size() == 1 && parts.get(0).weight() == 1) {
      return parts.get(0).reward();
    }
    programs.forEach(
        (name, one) ->
            parts.add(
                new WeightedRewards.Part(
                    name,
                    one.setting().weight(),
                    new ProgramReward(
                        one.setting().kind().written(), one.program(), policyTokenizer))));
    return new WeightedRewards(parts);
  }

  /** What judges take in memory. */
  public List<RunPlan.Part> memory() {
    return programs.values().stream()
        .map(Opened::program)
        .filter(Judge.class::isInstance)
        .map(judge -> RunPlan.Part.frozen("judge", ((Judge) judge).model().parameters()))
        .toList();
  }

  @Override
  public void close() {
    programs.values().forEach(one -> one.program().close());
  }
}
