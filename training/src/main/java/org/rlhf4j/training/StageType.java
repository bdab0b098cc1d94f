package org.rlhf4j.training;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.health.HealthCheck;
import org.rlhf4j.training.run.RunDirectory;

/**
 * A kind of stage: a row of the table of stages. The command, the plan, pipelines, the report, the
 * completion and the schema read what they know of a stage from it.
 *
 * @param name by which commands, pipeline files and {@code config.yaml} name it
 * @param description what it does, a sentence for the help
 * @param group the heading under which a report shows its runs
 * @param config the record of its configuration
 * @param measure what a run of it is judged by first
 * @param needs by setting, what the model that it names has to be
 * @param leaves what its {@code model/} is afterwards
 * @param checks what its runs are watched for
 * @param start makes a run of it ready
 * @param <C> the record of its configuration
 */
public record StageType<C extends Record>(
    String name,
    String description,
    String group,
    Class<C> config,
    Measure measure,
    Map<String, Set<ModelKind>> needs,
    ModelKind leaves,
    List<HealthCheck> checks,
    Start<C> start) {

  /** What a run is judged by first. */
  public enum Measure {
    /** The held-out loss. */
    LOSS,
    /** The share of held-out pairs that are ordered right. */
    ACCURACY,
    /** The reward of its completions. */
    REWARD
  }

  /** What a model is. */
  public enum ModelKind {
    /** It gives log-probabilities and completions. */
    LANGUAGE_MODEL("language model"),
    /** It gives scores. */
    REWARD_MODEL("reward model");

    private final String words;

    ModelKind(String words) {
      this.words = words;
    }

    /** What people call it. */
    public String words() {
      return words;
    }
  }

  /**
   * Makes a run ready: loads models, reads rows, and hands the stage to {@link StageRun#ready}.
   *
   * @param <C> the record of its configuration
   */
  @FunctionalInterface
  public interface Start<C> {

    /**
     * Does it.
     *
     * @param given the configuration as it was given
     * @param run the open run
     * @throws IOException if the run directory can't be read or written
     */
    void start(C given, StageRun run) throws IOException;
  }

  /** Keeps copies. */
  public StageType {
    needs = Map.copyOf(needs);
    checks = List.copyOf(checks);
  }

  /** What its configuration declares. */
  public Settings<C> settings() {
    return Settings.of(config);
  }

  /**
   * A configuration file of this stage without the line that names it.
   *
   * @param file what was read
   * @return the settings alone
   * @throws UsageException if the file names another stage
   */
  public Written.Mapping settingsIn(Written.Mapping file) {
    Written.Entry named = file.entries().get(RunDirectory.STAGE);
    if (named == null) {
      return file;
    }
    if (!(named.value() instanceof Written.Scalar scalar) || !scalar.text().equals(name)) {
      String other = named.value() instanceof Written.Scalar scalar ? scalar.text() : "no name";
      throw new UsageException(
          "%s: is of the stage %s, not of %s; run `rlhf %s`, or leave the line out"
              .formatted(named.where(), other, name, other));
    }
    return file.without(RunDirectory.STAGE);
  }
}
