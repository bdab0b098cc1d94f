package org.rlhf4j.cli.stage;

import java.io.IOException;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.report.Report;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import picocli.CommandLine.Command;

/** Stage 2. */
@Command(name = "reward", description = "Train a reward model on comparisons.")
public final class RewardCommand extends SettingsCommand<RewardConfig> {

  public RewardCommand() {
    super(RewardConfig.class);
  }

  @Override
  protected void run(RewardConfig chosen) throws IOException {
    RewardStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
