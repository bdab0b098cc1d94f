package org.rlhf4j.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.training.StageRun;

/** Small runs of grpo in a folder of a test: steps of 4 prompts with 3 completions each. */
final class SparkRuns extends PolicyRuns<GrpoConfig> {
  private final Path rewardModel;

  SparkRuns(Path folder) throws IOException {
    super(folder, Path.of("../grpo/src/test/resources/fixtures/grpo"), 8);
    this.rewardModel = Files.createDirectory(folder.resolve("reward"));
    try (LanguageModel base = LanguageModel.load(policy());
        ScalarModel model = ScalarModel.from(base, 3)) {
      model.save(rewardModel);
    }
  }

  @Override
  protected Settings<GrpoConfig> settings() {
    return GrpoStage.TYPE.settings();
  }

  @Override
  protected Path rewardModel() {
    return rewardModel;
  }

  @Override
  protected Map<String, String> more() {
    return Map.of(
        "prompts-per-step", "4",
        "group-size", "3",
        "learning-rate", "0.01",
        "spark-conf", "spark.ui.enabled=false");
  }

  @Override
  protected List<String> oneCloselyClippedUpdate() {
    return List.of("clip-low", "1e-3", "clip-high", "1e-3");
  }

  @Override
  protected void start(GrpoConfig config) throws IOException {
    StageRun.train(GrpoStage.TYPE, config);
  }
}
