package org.rlhf4j.cli.studio;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Export;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.training.run.AtomicFiles;
import picocli.CommandLine.Command;

/** Makes rows of what people said. */
@Command(
    name = "export",
    description = "Write the labels of a project as rows that rlhf reward and rlhf sft read.")
public final class ExportCommand extends SettingsCommand<ExportCommand.ExportSettings> {

  /**
   * What {@code rlhf studio export} takes.
   *
   * @param project whose labels
   * @param output the file
   * @param choices how verdicts become rows
   * @param store the store that has the project
   */
  record ExportSettings(
      @Setting(help = "Project whose labels are written.", required = true) String project,
      @Setting(help = "File for the rows, .jsonl.", required = true) Path output,
      Export.Choices choices,
      StoreSettings store) {}

  public ExportCommand() {
    super(ExportSettings.class);
  }

  @Override
  protected void run(ExportSettings chosen) throws IOException {
    if (Files.isDirectory(chosen.output())) {
      throw new UsageException(chosen.output() + ": is a folder; give --output a file");
    }
    try (Store store = Store.existing(chosen.store().store())) {
      Project project = new Labels(store, Clock.systemUTC()).projects().named(chosen.project());
      Export.Count[] count = new Export.Count[1];
      AtomicFiles.writeFile(
          chosen.output(), partial -> count[0] = write(store, project, chosen.choices(), partial));
      count[0].lines(chosen.choices().form()).forEach(err()::println);
    }
  }

  private static Export.Count write(Store store, Project project, Export.Choices choices, Path file)
      throws IOException {
    try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      Export.Count count = Export.of(store, project, choices, row -> write(out, row));
      if (count.rows() == 0) {
        throw new UserException(
            "project '%s' has nothing to write: %s"
                .formatted(project.name(), String.join("; ", count.lines(choices.form()))));
      }
      return count;
    } catch (UserException | IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static void write(BufferedWriter out, ObjectNode row) {
    try {
      out.write(row.toString());
      out.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
