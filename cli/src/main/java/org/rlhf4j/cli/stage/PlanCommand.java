package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.StageType;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Tells what a stage would do: its rows, steps, memory and time. */
@Command(
    name = "plan",
    description = "Show steps, memory and time of a stage without running it: rlhf plan sft …",
    synopsisSubcommandLabel = "STAGE")
public final class PlanCommand implements Callable<Integer> {

  /** A stage's settings, as its own command takes them; it needs no output folder. */
  @Command(description = "Show steps, memory and time of this stage without running it.")
  private static final class Planned<S extends Record> extends SettingsCommand<S> {

    private final StageType<S> type;

    Planned(StageType<S> type) {
      super(type.config());
      this.type = type;
    }

    @Override
    protected Written.Mapping settingsIn(Written.Mapping file) {
      return type.settingsIn(file);
    }

    @Override
    protected Map<String, List<String>> presets() {
      Path nowhere =
          Path.of(
              System.getProperty("java.io.tmpdir"), "rlhf-plan-" + ProcessHandle.current().pid());
      return Map.of("output", List.of(nowhere.toString()));
    }

    @Override
    protected void run(S chosen) throws IOException {
      StageRun.plan(type, chosen).forEach(out()::println);
      out().flush();
    }
  }

  /** The command with a subcommand for each stage. */
  public static CommandLine declared() {
    CommandLine plan = new CommandLine(new PlanCommand());
    Stages.ALL.forEach(type -> plan.addSubcommand(type.name(), new Planned<>(type).declared()));
    return plan;
  }

  /** Refuses a command line without a stage. */
  @Override
  public Integer call() {
    List<String> names = Stages.names();
    String last = names.get(names.size() - 1);
    String others = String.join(", ", names.subList(0, names.size() - 1));
    throw new UsageException("plan: no stage given; name " + others + " or " + last);
  }
}
