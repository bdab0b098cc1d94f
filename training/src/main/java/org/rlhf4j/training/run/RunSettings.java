package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.file.Path;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * Where a run is written, and its model how.
 *
 * @param output the run directory
 * @param resume whether a run that is there already goes on
 * @param save how the weights of its model are written
 */
@SettingsGroup("Run")
public record RunSettings(
    @Setting(help = "Folder for the run.", required = true, resumable = true) Path output,
    @Setting(
            help =
                "Continue from the newest complete checkpoint in the output folder. If there is"
                    + " none, begin at the start.",
            defaultValue = "false",
            resumable = true)
        boolean resume,
    SaveSettings save) {

  /**
   * Opens the run directory.
   *
   * @return the directory, locked until it is closed
   * @throws IOException when the folder can't be made or read
   */
  public RunDirectory open() throws IOException {
    return RunDirectory.open(output, resume);
  }
}
