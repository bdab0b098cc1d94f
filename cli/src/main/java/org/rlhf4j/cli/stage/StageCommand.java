package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.report.Report;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.training.slice.Cluster;
import org.rlhf4j.training.slice.SparkSettings;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Runs one stage of the table.
 *
 * @param <C> the record of the stage's configuration
 */
@Command
public final class StageCommand<C extends Record> extends SettingsCommand<C> {
  private final StageType<C> type;

  /** The command of a stage. */
  public StageCommand(StageType<C> type) {
    super(type.config());
    this.type = type;
  }

  @Override
  public CommandLine declared() {
    CommandLine line = super.declared();
    line.getCommandSpec().name(type.name()).usageMessage().description(type.description());
    return line;
  }

  @Override
  protected Written.Mapping settingsIn(Written.Mapping file) {
    return type.settingsIn(file);
  }

  @Override
  protected void run(C chosen) throws IOException {
    Optional<SparkSettings> spark =
        type.settings().group(chosen, SparkSettings.class).filter(SparkSettings::isAsked);
    if (spark.isPresent() && Cluster.found().isEmpty()) {
      endWith(SparkSubmit.ofProcess().run(spark.get(), originalArguments(), output(chosen)));
      return;
    }
    if (!finishes(stop -> StageRun.train(type, chosen, stop))) {
      return;
    }
    Path output = output(chosen);
    err().println("model: " + output.resolve("model"));
    err().println("report: " + Report.ofRun(output));
  }

  private Path output(C chosen) {
    return type.settings().group(chosen, RunSettings.class).map(RunSettings::output).orElseThrow();
  }
}
