package org.rlhf4j.cli;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rlhf4j.cli.chat.ChatCommand;
import org.rlhf4j.cli.command.ErrorLine;
import org.rlhf4j.cli.command.Logging;
import org.rlhf4j.cli.command.SettingsCommand;
import org.rlhf4j.cli.command.Version;
import org.rlhf4j.cli.demo.DemoCommand;
import org.rlhf4j.cli.model.ExportCommand;
import org.rlhf4j.cli.model.MergeCommand;
import org.rlhf4j.cli.model.NewCommand;
import org.rlhf4j.cli.rows.CompareCommand;
import org.rlhf4j.cli.rows.EvaluateCommand;
import org.rlhf4j.cli.rows.GenerateCommand;
import org.rlhf4j.cli.rows.InspectCommand;
import org.rlhf4j.cli.rows.LogprobsCommand;
import org.rlhf4j.cli.rows.ScoreCommand;
import org.rlhf4j.cli.stage.PlanCommand;
import org.rlhf4j.cli.stage.ReportCommand;
import org.rlhf4j.cli.stage.RunCommand;
import org.rlhf4j.cli.stage.SchemaCommand;
import org.rlhf4j.cli.stage.StageCommand;
import org.rlhf4j.cli.stage.StopCommand;
import org.rlhf4j.cli.studio.StudioCommand;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.PlainWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code rlhf} command. Exit codes: 0 done or stopped as asked, 1 failed, 2 wrong usage, 130
 * and 143 on signals.
 */
@Command(
    name = "rlhf",
    description = "RLHF for small language models.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = Version.class,
    commandListHeading = "%n",
    footer = "%nA command's settings, with their defaults: rlhf COMMAND --help")
public final class Rlhf implements Callable<Integer> {

  private static final int WIDTH = 100;

  /** A writer keeps its errors to itself, so it is asked once at the end, for all commands. */
  private static final UserException LOST_RESULTS =
      new UserException(
          "stdout: the results can't be written; free some space there, or read them to their end");

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Log more, and show where in the program an error arose.")
  private boolean verbose;

  @Option(
      names = "--quiet",
      scope = ScopeType.INHERIT,
      description = "Show only results, warnings and errors.")
  private boolean quiet;

  @Option(
      names = "--json-log",
      scope = ScopeType.INHERIT,
      description = "Show progress and messages as JSON, one object on each line.")
  private boolean jsonLog;

  private Rlhf() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    Locale.setDefault(Locale.ROOT); // our own code names its locale, but not every library does
    System.setProperty("user.home", home(System.getProperty("user.home"), System.getenv("HOME")));
    PrintWriter out = console(FileDescriptor.out);
    PrintWriter err = console(FileDescriptor.err);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> err.println(ErrorLine.of(failure)));
    int code = run(args, out, err);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /**
   * The user's home. A user whom the system doesn't know has the home "?" in Java, and libraries
   * would make a folder of that name; then it is {@code HOME}, or the folder for temporary files.
   */
  static String home(String given, String variable) {
    return Stream.of(given, variable)
        .filter(home -> home != null && new File(home).isAbsolute())
        .findFirst()
        .orElse(System.getProperty("java.io.tmpdir"));
  }

  /**
   * Runs the command.
   *
   * @param args what stands after {@code rlhf}
   * @param out takes results
   * @param err takes everything else
   * @return the exit code
   */
  public static int run(String[] args, PrintWriter out, PrintWriter err) {
    return runPlain(args, out, new PlainWriter(err));
  }

  private static int runPlain(String[] args, PrintWriter out, PrintWriter err) {
    Rlhf root = new Rlhf();
    CommandLine line = new CommandLine(root);
    subcommands().forEach(command -> line.addSubcommand(command.declared()));
    line.addSubcommand(PlanCommand.declared());
    line.addSubcommand(new StopCommand());
    line.addSubcommand(new SchemaCommand()).addSubcommand(new CompletionCommand());
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, CommandGroups::list);
    line.setOut(out)
        .setErr(err)
        .setExpandAtFiles(false)
        .setUsageHelpWidth(WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(false)
        .setParameterExceptionHandler((e, given) -> fail(asUsage(e), root.verbose, err))
        .setExecutionExceptionHandler((e, at, parsed) -> fail(e, root.verbose, err))
        .setExecutionStrategy(
            parsed -> {
              root.prepare(line, err);
              return new CommandLine.RunLast().execute(parsed);
            });
    try {
      int code = line.execute(args);
      return code == 0 && out.checkError() ? fail(LOST_RESULTS, root.verbose, err) : code;
    } catch (Throwable failure) {
      return fail(failure, root.verbose, err);
    }
  }

  /** Chooses what is shown beside results, and how. */
  private void prepare(CommandLine line, PrintWriter err) {
    if (quiet && jsonLog) {
      throw new ParameterException(
          line, "--quiet and --json-log exclude each other; leave one out");
    }
    Display.Form form =
        quiet ? Display.Form.QUIET : jsonLog ? Display.Form.JSON : Display.Form.TEXT;
    Display.choose(form);
    Logging.choose(verbose, jsonLog);
    line.setErr(form.over(err));
  }

  /** Refuses a command line without a command. */
  @Override
  public Integer call() {
    throw new UsageException(
        "no command given; 'rlhf demo' is a place to start, 'rlhf --help' lists all");
  }

  /** Every command's settings in Markdown: the text of docs/settings.md. */
  static String settingsDocument() {
    StringBuilder document = new StringBuilder("# Settings\n\n");
    document.append("Each is an option of its command and a key of its `--config` file.\n");
    subcommands().forEach(command -> addSettings(document, "rlhf", command));
    return document.toString();
  }

  private static void addSettings(StringBuilder document, String of, SettingsCommand<?> command) {
    String name = of + " " + command.declared().getCommandName();
    document.append("\n## ").append(name).append("\n\n").append(command.settingsTable());
    command.subcommands().forEach(subcommand -> addSettings(document, name, subcommand));
  }

  private static List<SettingsCommand<?>> subcommands() {
    List<SettingsCommand<?>> commands = new ArrayList<>(List.of(new DemoCommand()));
    Stages.ALL.forEach(type -> commands.add(new StageCommand<>(type)));
    commands.addAll(
        List.of(
            new RunCommand(),
            new InspectCommand(),
            new EvaluateCommand(),
            new CompareCommand(),
            new ScoreCommand(),
            new LogprobsCommand(),
            new GenerateCommand(),
            new ChatCommand(),
            new NewCommand(),
            new MergeCommand(),
            new ExportCommand(),
            new ReportCommand(),
            new StudioCommand(),
            new DoctorCommand()));
    return commands;
  }

  private static int fail(Throwable failure, boolean verbose, PrintWriter err) {
    if (verbose) {
      failure.printStackTrace(err);
    }
    err.println(ErrorLine.of(failure));
    return ErrorLine.exitCode(failure);
  }

  private static UsageException asUsage(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getUnmatched().isEmpty()) {
      return unknown(unmatched.getUnmatched().get(0), e.getCommandLine(), e);
    }
    if (e instanceof MissingParameterException missing
        && !missing.getMissing().isEmpty()
        && missing.getMissing().get(0) instanceof OptionSpec option) {
      String label = option.paramLabel();
      return new UsageException(option.longestName() + ": needs a value (" + label + ")", e);
    }
    return new UsageException(e.getMessage(), e);
  }

  private static UsageException unknown(String written, CommandLine at, Exception cause) {
    boolean option = written.startsWith("-");
    String name = option && written.contains("=") ? written.split("=", 2)[0] : written;
    List<String> known =
        option
            ? at.getCommandSpec().options().stream().map(o -> o.longestName()).toList()
            : List.copyOf(at.getSubcommands().keySet());
    String kind = option ? "option" : known.isEmpty() ? "argument" : "command";
    String hint =
        NearestName.of(name, known).map(nearest -> "; did you mean '" + nearest + "'?").orElse("");
    String list = kind.equals("command") ? " 'rlhf --help' lists them" : "";
    return new UsageException("unknown " + kind + " '" + name + "'" + hint + list, cause);
  }

  private static PrintWriter console(FileDescriptor descriptor) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8), true);
  }
}
