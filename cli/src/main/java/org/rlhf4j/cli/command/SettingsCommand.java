package org.rlhf4j.cli.command;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import java.util.concurrent.Callable;
import org.rlhf4j.pipeline.HubPaths;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsTable;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.run.RunSettings;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A subcommand whose options are the settings of a record. A subclass carries picocli's {@code
 * Command} annotation with its name and description, may declare positional parameters as picocli
 * does, and says in {@link #run} what it does.
 *
 * @param <S> the settings record
 */
public abstract class SettingsCommand<S extends Record> implements Callable<Integer> {

  private static final String CONFIG = "--config";
  private static final String RESUME = "--resume";

  /** How the launcher was called. */
  private static final String COMMAND = System.getProperty("rlhf.command", "rlhf");

  private final Settings<S> settings;
  private CommandLine line;
  private int exitCode = CommandLine.ExitCode.OK;

  protected SettingsCommand(Class<S> type) {
    this.settings = Settings.of(type);
  }

  /**
   * Does what the command does.
   *
   * @param chosen the settings that the command line and the configuration file give
   */
  protected abstract void run(S chosen) throws Exception;

  /** Takes results; everything else goes to {@link #err()}. */
  protected final PrintWriter out() {
    return line.getOut();
  }

  /** Takes what isn't a result. */
  protected final PrintWriter err() {
    return line.getErr();
  }

  /** Commands that are named after this one. */
  public List<SettingsCommand<?>> subcommands() {
    return List.of();
  }

  /** This command with an option for each setting. */
  public CommandLine declared() {
    line = new CommandLine(this);
    CommandSpec spec = line.getCommandSpec();
    spec.usageMessage().sortOptions(false).abbreviateSynopsis(true);
    if (takesFile()) {
      spec.addOption(
          OptionSpec.builder(CONFIG)
              .type(Path.class)
              .paramLabel("FILE.yaml")
              .description("Read settings from a file; options win.")
              .build());
    }
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    for (SettingSpec setting : settings.specs()) {
      groups.computeIfAbsent(setting.group(), g -> new ArrayList<>()).add(option(setting));
    }
    groups.forEach((heading, options) -> addGroup(spec, heading, options));
    subcommands().forEach(command -> line.addSubcommand(command.declared()));
    return line;
  }

  /** Its settings in Markdown. */
  public final String settingsTable() {
    return SettingsTable.markdown(settings);
  }

  @Override
  public final Integer call() throws Exception {
    Path config = takesFile() ? line.getParseResult().matchedOptionValue(CONFIG, null) : null;
    Written.Mapping file =
        config == null ? Written.Mapping.EMPTY : settingsIn(SettingsYaml.read(config));
    S chosen = settings.bind(file, commandLine(file));
    Optional<MachineSettings> machine = settings.group(chosen, MachineSettings.class);
    if (machine.isPresent()) {
      Machine.prepare(machine.get(), err());
      chosen = isRun(chosen) ? chosen : Machine.settled(chosen, machine.get());
    }
    run(HubPaths.ofProcess().local(settings, chosen));
    return exitCode;
  }

  /** Work that looks at a flag. */
  @FunctionalInterface
  protected interface Stoppable {
    /** Does it. */
    void run(StopFlag stop) throws IOException;
  }

  /**
   * Does work that a signal or a request stops in a step or after it. If it is stopped, the line
   * that says how to continue is shown and the command's exit code set.
   *
   * @return whether the work came to its end
   */
  protected final boolean finishes(Stoppable work) throws IOException {
    PrintStream err = Display.stderr().warnings();
    String resume = COMMAND + " " + ShellLine.of(continued(originalArguments()));
    try (Signals signals = new Signals(err, resume)) {
      try {
        work.run(signals.stop());
        return true;
      } catch (StoppedException e) {
        if (e.by() == StopFlag.Cause.RAISED) {
          exitCode = signals.exitCode();
          signals.sayInterrupted();
        } else {
          err.println("stopped, resume with " + resume);
        }
        return false;
      }
    }
  }

  /**
   * The arguments that continue what was begun with others.
   *
   * @param arguments what stood after {@code rlhf}
   */
  protected List<String> continued(List<String> arguments) {
    List<String> more = new ArrayList<>(arguments);
    if (line.getCommandSpec().findOption(RESUME) != null
        && arguments.stream().noneMatch(written -> written.startsWith(RESUME))) {
      more.add(RESUME);
    }
    return more;
  }

  /** What the command ends with, where it isn't 0. */
  protected final void endWith(int code) {
    exitCode = code;
  }

  /** What stood after {@code rlhf}. */
  protected final List<String> originalArguments() {
    CommandLine root = line;
    while (root.getParent() != null) {
      root = root.getParent();
    }
    return root.getParseResult().originalArgs();
  }

  private boolean isRun(S chosen) {
    return settings.group(chosen, RunSettings.class).isPresent();
  }

  /** Whether settings may come from a file: unless one of them has that option's name. */
  private boolean takesFile() {
    return settings.specs().stream().noneMatch(setting -> CONFIG.equals("--" + setting.name()));
  }

  /**
   * The settings in a configuration file.
   *
   * @param file what was read
   */
  protected Written.Mapping settingsIn(Written.Mapping file) {
    return file;
  }

  /** Values of settings that neither the command line nor the file gives. */
  protected Map<String, List<String>> presets() {
    return Map.of();
  }

  private Map<String, List<String>> commandLine(Written.Mapping file) {
    Map<String, List<String>> given = new LinkedHashMap<>(presets());
    given.keySet().removeAll(file.entries().keySet());
    for (SettingSpec setting : settings.specs()) {
      Object value = line.getParseResult().matchedOptionValue("--" + setting.name(), null);
      if (value instanceof List<?> values) {
        given.put(setting.name(), values.stream().map(String.class::cast).toList());
      } else if (value != null) {
        requireOnce("--" + setting.name());
        given.put(setting.name(), List.of((String) value));
      }
    }
    return given;
  }

  /** Of options in groups picocli keeps the last value without a word. */
  private void requireOnce(String option) {
    long times =
        line.getParseResult().originalArgs().stream()
            .filter(written -> written.equals(option) || written.startsWith(option + "="))
            .count();
    if (times > 1) {
      throw new UsageException(option + ": given " + times + " times, but it takes only one value");
    }
  }

  private static void addGroup(CommandSpec spec, String heading, List<OptionSpec> options) {
    if (heading.isEmpty()) {
      options.forEach(spec::addOption);
      return;
    }
    ArgGroupSpec.Builder group =
        ArgGroupSpec.builder().validate(false).heading("%n" + heading + "%n");
    options.forEach(group::addArg);
    spec.addArgGroup(group.build());
  }

  private static OptionSpec option(SettingSpec setting) {
    OptionSpec.Builder option =
        OptionSpec.builder("--" + setting.name())
            .type(setting.repeatable() ? List.class : String.class)
            .auxiliaryTypes(String.class)
            .arity(setting.isSwitch() ? "0..1" : "1")
            .paramLabel(setting.label())
            .description(description(setting));
    if (setting.isSwitch()) {
      option.preprocessor(SettingsCommand::completeSwitch);
    } else {
      option.hideParamSyntax(true);
    }
    return option.build();
  }

  /** A bare switch means true: of what follows it only true and false are its value. */
  private static boolean completeSwitch(
      Stack<String> args, CommandSpec command, ArgSpec option, Map<String, Object> found) {
    boolean attached = "=".equals(found.get("separator"));
    if (!attached && (args.isEmpty() || !args.peek().matches("true|false"))) {
      args.push("true");
    }
    return false;
  }

  private static String[] description(SettingSpec setting) {
    String suffix = "";
    if (setting.required()) {
      suffix = " Required.";
    } else if (!setting.defaultText().isEmpty()) {
      suffix = " Default: " + setting.defaultText() + ".";
    }
    String repeat = setting.repeatable() ? " Repeatable." : "";
    return new String[] {(setting.help() + repeat + suffix).replace("%", "%%")};
  }
}
