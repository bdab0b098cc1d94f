package org.rlhf4j.cli.stage;

import java.io.IOException;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.report.Report;
import picocli.CommandLine.Command;

/** Stage 3b. */
@Command(name = "grpo", description = "Improve a policy by GRPO against a reward.")
public final class GrpoCommand extends SettingsCommand<GrpoConfig> {

  public GrpoCommand() {
    super(GrpoConfig.class);
  }

  @Override
  protected void run(GrpoConfig chosen) throws IOException {
    GrpoStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
