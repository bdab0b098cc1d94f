package org.rlhf4j.cli.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import org.rlhf4j.training.StageWork;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Tells what a stage would do: its rows, steps, memory and time. */
@Command(
    name = "plan",
    description = "Tell what a stage would do, and run nothing: rlhf plan sft …",
    synopsisSubcommandLabel = "STAGE")
public final class PlanCommand implements Callable<Integer> {

  /** Runs a stage up to where it is ready to begin. */
  @FunctionalInterface
  private interface Ready<S> {
    void run(S settings, StageWork work) throws IOException;
  }

  /** A stage's settings, as its own command takes them; it needs no output folder. */
  @Command(description = "Tell what this stage would do.")
  private static final class Planned<S extends Record> extends SettingsCommand<S> {

    private final Ready<S> ready;

    Planned(Class<S> type, Ready<S> ready) {
      super(type);
      this.ready = ready;
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
      ready.run(
          chosen,
          (run, loop, evaluation, stage, display) ->
              stage.plan().orElseThrow().lines().forEach(out()::println));
      out().flush();
    }
  }

  /** The command with a subcommand for each stage. */
  public static CommandLine declared() {
    return new CommandLine(new PlanCommand())
        .addSubcommand("sft", new Planned<>(SftConfig.class, SftStage::run).declared())
        .addSubcommand("reward", new Planned<>(RewardConfig.class, RewardStage::run).declared())
        .addSubcommand("ppo", new Planned<>(PpoConfig.class, PpoStage::run).declared())
        .addSubcommand("grpo", new Planned<>(GrpoConfig.class, GrpoStage::run).declared());
  }

  /** Refuses a command line without a stage. */
  @Override
  public Integer call() {
    throw new UsageException("plan: no stage given; name sft, reward, ppo or grpo");
  }
}
