package org.rlhf4j.cli;

import java.io.IOException;
import org.rlhf4j.cli.report.Report;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import picocli.CommandLine.Command;

/** Stage 3b. */
@Command(name = "grpo", description = "Improve a policy by GRPO against a reward.")
final class GrpoCommand extends SettingsCommand<GrpoConfig> {

  GrpoCommand() {
    super(GrpoConfig.class);
  }

  @Override
  void run(GrpoConfig chosen) throws IOException {
    GrpoStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
