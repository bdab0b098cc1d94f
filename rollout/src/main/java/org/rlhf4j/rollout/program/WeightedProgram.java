package org.rlhf4j.rollout.program;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.UsageException;

/**
 * A program with its weight in the sum of rewards, as {@code --reward [WEIGHT*]NAME[:ARGUMENT]} has
 * it.
 *
 * @param kind which program
 * @param argument what it is told; empty where it takes nothing
 * @param weight any finite number; of weight 0 it is shown in the metrics alone
 */
public record WeightedProgram(ProgramKind kind, String argument, double weight) {

  private static final Pattern WRITTEN =
      Pattern.compile(
          "(?:(?<weight>[^*:]*)\\*)?(?<name>[^:]*)(?::(?<argument>.*))?", Pattern.DOTALL);

  private static final List<String> KEYS = List.of("name", "argument", "weight");

  /** Checks that the argument suits the program. */
  public WeightedProgram {
    kind.check(argument);
  }

  /**
   * Reads a program from text.
   *
   * @param text {@code [WEIGHT*]NAME[:ARGUMENT]}
   * @throws UsageException where it can't be read
   */
  public static WeightedProgram parse(String text) {
    Matcher matcher = WRITTEN.matcher(text);
    if (!matcher.matches()) {
      throw new UsageException("expected [WEIGHT*]NAME[:ARGUMENT], not '" + text + "'");
    }
    return of(matcher.group("name"), matcher.group("argument"), matcher.group("weight"));
  }

  /**
   * Reads a program from the fields of a YAML mapping.
   *
   * @param fields {@code name} and, if need be, {@code argument} and {@code weight}
   * @throws UsageException where it can't be read
   */
  public static WeightedProgram parse(Map<String, String> fields) {
    for (String key : fields.keySet()) {
      if (!KEYS.contains(key)) {
        throw new UsageException(
            "unknown '%s'; did you mean '%s'? A program has name, argument and weight"
                .formatted(key, NearestName.of(key, KEYS).orElse(KEYS.get(0))));
      }
    }
    if (!fields.containsKey("name")) {
      throw new UsageException("'name: …' is missing");
    }
    return of(fields.get("name"), fields.get("argument"), fields.get("weight"));
  }

  /**
   * A class of the program that runs, as {@code class:#NAME} would name it: it has to be public, on
   * the class path and with a public constructor without parameters, so that a run that goes on
   * finds it again.
   *
   * @param program the class
   * @return the program, with weight 1
   */
  public static WeightedProgram of(Class<? extends RewardProgram> program) {
    return new WeightedProgram(ProgramKind.CLASS, "#" + program.getName(), 1);
  }

  /**
   * A completion that gives an answer in the way that this program finds it.
   *
   * @param answer of a row
   * @return the answer, after the marker that is looked for where the answer doesn't hold it
   */
  public String completionWith(String answer) {
    return kind == ProgramKind.NUMBER_AFTER && !answer.contains(argument)
        ? argument + " " + answer
        : answer;
  }

  private static WeightedProgram of(String name, String argument, String weight) {
    return new WeightedProgram(
        kind(name.strip()), argument == null ? "" : argument, weight == null ? 1 : weight(weight));
  }

  private static ProgramKind kind(String name) {
    List<String> names = Arrays.stream(ProgramKind.values()).map(ProgramKind::written).toList();
    int index = names.indexOf(name);
    if (index < 0) {
      String hint =
          NearestName.of(name, names).map(nearest -> "did you mean '" + nearest + "'? ").orElse("");
      throw new UsageException(
          "no reward program '%s'; %sThere are %s".formatted(name, hint, String.join(", ", names)));
    }
    return ProgramKind.values()[index];
  }

  private static double weight(String text) {
    try {
      double weight = Double.parseDouble(text.strip());
      if (Double.isFinite(weight)) {
        return weight;
      }
    } catch (NumberFormatException e) {
      throw unfitWeight(text);
    }
    throw unfitWeight(text);
  }

  private static UsageException unfitWeight(String text) {
    return new UsageException(
        "the weight before '*' must be a number, not '%s' (a '*' in an argument comes after ':')"
            .formatted(text));
  }

  /** The jar that it is loaded from, if any. */
  public Optional<Path> jar() {
    return kind == ProgramKind.CLASS ? JarProgram.jar(argument) : Optional.empty();
  }

  /** What it reads: the jar that it is loaded from, or a judge's model and what that is asked. */
  public List<Path> inputs() {
    if (kind == ProgramKind.JUDGE) {
      Judge.Named named = Judge.Named.parse(argument);
      return List.of(named.model(), named.prompt());
    }
    return jar().stream().toList();
  }

  /**
   * The program with its paths as of a folder: files are found from there, a command runs there.
   *
   * @param folder an absolute path
   */
  public WeightedProgram in(Path folder) {
    return switch (kind) {
      case CLASS -> {
        String name = argument.substring(argument.lastIndexOf('#'));
        yield jar()
            .map(jar -> new WeightedProgram(kind, folder.resolve(jar).normalize() + name, weight))
            .orElse(this);
      }
      case JUDGE ->
          new WeightedProgram(kind, Judge.Named.parse(argument).in(folder).toString(), weight);
      case COMMAND -> {
        String quoted = "'" + folder.toString().replace("'", "'\\''") + "'";
        yield new WeightedProgram(kind, "cd " + quoted + " || exit; " + argument, weight);
      }
      default -> this;
    };
  }

  /** Makes the program: loads a class; a command starts when it is first asked. */
  public RewardProgram open(ProgramKind.Surroundings surroundings) {
    return kind.open(argument, surroundings);
  }

  /** What {@link #parse(String)} reads. */
  @Override
  public String toString() {
    String factor = weight == 1 ? "" : Double.toString(weight).replaceFirst("\\.0$", "") + "*";
    return factor + kind.written() + (argument.isEmpty() ? "" : ":" + argument);
  }
}
