package org.rlhf4j.cli.stage;

import java.io.IOException;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.report.Report;
import picocli.CommandLine.Command;

/** Stage 3a. */
@Command(name = "ppo", description = "Improve a policy by PPO against a reward.")
public final class PpoCommand extends SettingsCommand<PpoConfig> {

  public PpoCommand() {
    super(PpoConfig.class);
  }

  @Override
  protected void run(PpoConfig chosen) throws IOException {
    PpoStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
