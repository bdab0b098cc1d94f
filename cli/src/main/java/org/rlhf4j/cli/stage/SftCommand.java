package org.rlhf4j.cli.stage;

import java.io.IOException;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.report.Report;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import picocli.CommandLine.Command;

/** Stage 1. */
@Command(name = "sft", description = "Fine-tune a language model on demonstrations.")
public final class SftCommand extends SettingsCommand<SftConfig> {

  public SftCommand() {
    super(SftConfig.class);
  }

  @Override
  protected void run(SftConfig chosen) throws IOException {
    SftStage.run(chosen);
    err().println("model: " + chosen.run().output().resolve("model"));
    err().println("report: " + Report.ofRun(chosen.run().output()));
  }
}
