package org.rlhf4j.cli.studio;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;

/** Copies a store while a studio may use it. */
@Command(
    name = "backup",
    description = "Copy the studio's store into a file, also while it is used.")
public final class BackupCommand extends SettingsCommand<BackupCommand.BackupSettings> {

  /**
   * What {@code rlhf studio backup} takes.
   *
   * @param output the file
   * @param store what is copied
   */
  record BackupSettings(
      @Setting(help = "File for the copy. There must be none of this name.", required = true)
          Path output,
      StoreSettings store) {}

  public BackupCommand() {
    super(BackupSettings.class);
  }

  @Override
  protected void run(BackupSettings chosen) {
    if (Files.exists(chosen.output())) {
      throw new UsageException(chosen.output() + ": is there already; choose another --output");
    }
    try (Store store = Store.existing(chosen.store().store())) {
      if (store.address().isPostgresql()) {
        err().println("PostgreSQL copies its databases itself:");
        out()
            .println(
                "pg_dump --format=custom --file=%s --dbname=%s"
                    .formatted(
                        chosen.output(), store.address().toString().replaceFirst("^jdbc:", "")));
      } else {
        store.copyTo(chosen.output());
        err().println("copied to " + chosen.output());
      }
    }
  }
}
