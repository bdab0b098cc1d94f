package org.rlhf4j.cli.studio;

import java.util.List;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.Studio;
import org.rlhf4j.studio.StudioSettings;
import org.rlhf4j.studio.train.RlhfCommand;
import picocli.CommandLine.Command;

/** Serves the studio's page until the process is interrupted. */
@Command(
    name = "studio",
    description = "Label, talk with a model and watch runs on a page of this machine.")
public final class StudioCommand extends SettingsCommand<StudioCommand.StudioCommandSettings> {

  /** The class that the launcher starts. */
  static final String MAIN = "org.rlhf4j.cli.Rlhf";

  /**
   * What {@code rlhf studio} takes.
   *
   * @param demo whether it opens on the demo
   * @param settings where it listens and what it shows
   */
  record StudioCommandSettings(
      @Setting(
              help =
                  "Open on the runs of the demo (--runs, or runs/demo), with fifty pairs of its own to label.",
              defaultValue = "false")
          boolean demo,
      StudioSettings settings) {}

  public StudioCommand() {
    super(StudioCommandSettings.class);
  }

  @Override
  public List<SettingsCommand<?>> subcommands() {
    return List.of(
        new AddCommand(),
        new SampleCommand(),
        new ExportCommand(),
        new BackupCommand(),
        new UserCommand());
  }

  @Override
  protected void run(StudioCommandSettings chosen) throws Exception {
    StudioSettings settings =
        chosen.demo() ? DemoStudio.prepare(chosen.settings(), err()) : chosen.settings();
    try (Studio studio = Studio.start(settings, RlhfCommand.ofThisProcess(MAIN))) {
      Runtime.getRuntime().addShutdownHook(new Thread(studio::close, "studio-close"));
      out().println(studio.address());
      out().flush();
      err().println("studio: open this address in a browser; Ctrl-C ends the studio");
      err().flush();
      studio.join();
    }
  }
}
