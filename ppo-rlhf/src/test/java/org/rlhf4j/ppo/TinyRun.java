package org.rlhf4j.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.training.StageType;

/** Runs of the stage on the fixture's models, in a folder of a test. */
final class TinyRun extends PolicyRuns<PpoConfig> {
  static final Path FIXTURE = Path.of("src/test/resources/fixtures/ppo");

  /** A reward model with the policy's tokenizer. */
  static final Path REWARD_MODEL = FIXTURE.resolve("critic");

  static final Settings<PpoConfig> SETTINGS = Settings.of(PpoConfig.class);

  /** Eight prompts. */
  TinyRun(Path folder) throws IOException {
    super(folder, FIXTURE, 8);
  }

  @Override
  protected Settings<PpoConfig> settings() {
    return SETTINGS;
  }

  @Override
  protected List<String> oneCloselyClippedUpdate() {
    return List.of("clip", "1e-3", "ppo-epochs", "1", "minibatches", "1");
  }

  @Override
  protected Path rewardModel() {
    return REWARD_MODEL;
  }

  /** Steps of 4 prompts, 2 epochs of 2 minibatches. */
  @Override
  protected Map<String, String> more() {
    return Map.of(
        "prompts-per-step",
        "4",
        "ppo-epochs",
        "2",
        "minibatches",
        "2",
        "value-learning-rate",
        "1e-3");
  }

  @Override
  protected StageType<PpoConfig> stage() {
    return PpoStage.TYPE;
  }
}
