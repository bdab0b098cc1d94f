package org.rlhf4j.cli.studio;

import java.time.Clock;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.RowSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.label.Items;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import picocli.CommandLine.Command;

/** Brings rows into a project, all or none. */
@Command(
    name = "add",
    description = {
      "Add rows to a project of the studio: pairs and rankings to judge, prompts to write for.",
      "The project is made if there is none of this name."
    })
public final class AddCommand extends SettingsCommand<AddCommand.AddSettings> {

  /**
   * What {@code rlhf studio add} takes.
   *
   * @param rows the rows
   * @param project where to
   * @param store the store that has it
   */
  record AddSettings(
      RowSettings rows,
      @Setting(help = "Project that the rows are added to.", required = true) String project,
      StoreSettings store) {}

  public AddCommand() {
    super(AddSettings.class);
  }

  @Override
  protected void run(AddSettings chosen) {
    try (Store store = Store.open(chosen.store().store())) {
      Labels labels = new Labels(store, Clock.systemUTC());
      Project project = labels.projects().make(chosen.project());
      Items.Added added =
          labels.items().add(project, chosen.rows().files().rowFiles(), chosen.rows().onBadRow());
      added.lines().forEach(err()::println);
    }
  }
}
