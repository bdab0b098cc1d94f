package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.report.Report;
import org.rlhf4j.settings.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows runs, also unfinished ones, as a page. */
@Command(
    name = "report",
    description = "Show one or several runs as a page: curves, samples, warnings, settings.")
public final class ReportCommand extends SettingsCommand<ReportCommand.ReportSettings> {

  /**
   * What {@code rlhf report} takes beside the runs.
   *
   * @param output the page, or null for the standard output
   */
  record ReportSettings(
      @Setting(help = "File for the page.", defaultText = "the standard output") Path output) {}

  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "A run directory, or a folder of run directories such as that of a pipeline.")
  private List<Path> runs;

  public ReportCommand() {
    super(ReportSettings.class);
  }

  @Override
  protected void run(ReportSettings chosen) throws IOException {
    if (chosen.output() == null) {
      out().print(Report.html(runs));
      out().flush();
    } else {
      Report.write(runs, chosen.output());
      err().println("report: " + chosen.output());
    }
  }
}
