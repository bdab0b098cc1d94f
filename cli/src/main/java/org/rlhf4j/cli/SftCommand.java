package org.rlhf4j.cli;

import java.io.IOException;
import org.rlhf4j.cli.report.Report;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import picocli.CommandLine.Command;

/** Stage 1. */
@Command(name = "sft", description = "Fine-tune a language model on demonstrations.")
final class SftCommand extends SettingsCommand<SftConfig> {

  SftCommand() {
    super(SftConfig.class);
  }

  @Override
  void run(SftConfig chosen) throws IOException {
    SftStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
