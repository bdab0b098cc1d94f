package org.rlhf4j.cli.studio;

import java.time.Clock;
import java.util.Locale;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.data.RowSettings;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.studio.label.Gold;
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
   * @param gold whether they check annotators
   * @param store the store that has it
   */
  record AddSettings(
      RowSettings rows,
      @Setting(help = "Project that the rows are added to.", required = true) String project,
      @Setting(
              help =
                  "Add pairs of which it is known which is better, to check annotators with. They"
                      + " come among the others, and aren't exported.",
              defaultValue = "false")
          boolean gold,
      StoreSettings store) {}

  public AddCommand() {
    super(AddSettings.class);
  }

  @Override
  protected void run(AddSettings chosen) {
    try (Store store = Store.open(chosen.store().store())) {
      Labels labels = new Labels(store, Clock.systemUTC());
      Project project = labels.projects().make(chosen.project());
      RowFiles files = chosen.rows().files().rowFiles();
      Items.Added added =
          chosen.gold()
              ? labels.items().addGold(project, files, chosen.rows().onBadRow())
              : labels.items().add(project, files, chosen.rows().onBadRow());
      added.lines().forEach(err()::println);
      if (chosen.gold()) {
        showGold(store, project);
      }
    }
  }

  private void showGold(Store store, Project project) {
    Gold gold = new Gold(store);
    if (gold.share(project) == 0) {
      gold.change(project, Gold.USUAL_SHARE);
    }
    err()
        .printf(
            Locale.ROOT,
            "%.0f %% of the items that an annotator gets are gold; 'Review' on the page changes"
                + " it%n",
            100 * gold.share(project));
  }
}
