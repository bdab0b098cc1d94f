package org.rlhf4j.grpo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.training.StageType;

/** Runs of the stage on the fixture's models, in a folder of a test. */
final class TinyRun extends PolicyRuns<GrpoConfig> {
  static final Path FIXTURE = Path.of("src/test/resources/fixtures/grpo");
  static final Settings<GrpoConfig> SETTINGS = Settings.of(GrpoConfig.class);

  private final Path rewardModel;

  /** Six prompts, and a reward model of fresh weights on the policy. */
  TinyRun(Path folder) throws IOException {
    super(folder, FIXTURE, 6);
    this.rewardModel = Files.createDirectory(folder.resolve("reward"));
    try (LanguageModel base = LanguageModel.load(policy());
        ScalarModel model = ScalarModel.from(base, 3)) {
      model.save(rewardModel);
    }
  }

  @Override
  protected Settings<GrpoConfig> settings() {
    return SETTINGS;
  }

  @Override
  protected List<String> oneCloselyClippedUpdate() {
    return List.of("clip-low", "1e-3", "clip-high", "1e-3");
  }

  @Override
  protected Path rewardModel() {
    return rewardModel;
  }

  /** Steps of 2 prompts with 3 completions each. */
  @Override
  protected Map<String, String> more() {
    return Map.of("prompts-per-step", "2", "group-size", "3");
  }

  @Override
  protected StageType<GrpoConfig> stage() {
    return GrpoStage.TYPE;
  }
}
