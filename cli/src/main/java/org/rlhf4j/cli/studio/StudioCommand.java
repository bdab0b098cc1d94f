package org.rlhf4j.cli.studio;

import java.util.List;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.studio.Studio;
import org.rlhf4j.studio.StudioSettings;
import picocli.CommandLine.Command;

/** Serves the studio's page until the process is interrupted. */
@Command(
    name = "studio",
    description = "Label, talk with a model and watch runs on a page of this machine.")
public final class StudioCommand extends SettingsCommand<StudioSettings> {

  public StudioCommand() {
    super(StudioSettings.class);
  }

  @Override
  public List<SettingsCommand<?>> subcommands() {
    return List.of(new AddCommand(), new ExportCommand(), new BackupCommand());
  }

  @Override
  protected void run(StudioSettings chosen) throws Exception {
    try (Studio studio = Studio.start(chosen)) {
      Runtime.getRuntime().addShutdownHook(new Thread(studio::close, "studio-close"));
      out().println(studio.address());
      out().flush();
      err().println("studio: open this address in a browser; Ctrl-C ends the studio");
      err().flush();
      studio.join();
    }
  }
}
