package org.rlhf4j.cli;

import java.io.IOException;
import org.rlhf4j.cli.report.Report;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import picocli.CommandLine.Command;

/** Stage 3a. */
@Command(name = "ppo", description = "Improve a policy by PPO against a reward.")
final class PpoCommand extends SettingsCommand<PpoConfig> {

  PpoCommand() {
    super(PpoConfig.class);
  }

  @Override
  void run(PpoConfig chosen) throws IOException {
    PpoStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
