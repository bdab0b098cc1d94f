package org.rlhf4j.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.report.Report;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.NearestName;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;

/**
 * One stage of a pipeline, its settings bound.
 *
 * @param name what the pipeline calls it, and the folder that it runs in
 * @param settings the resolved settings, one line each, without those of the run itself
 * @param machine what it computes with
 * @param inputs the files and folders that it reads
 * @param work runs it; told whether to resume
 */
public record PipelineStage(
    String name, String settings, MachineSettings machine, List<Path> inputs, Work work) {

  /** Runs a stage. */
  @FunctionalInterface
  interface Work {
    void run(boolean resume) throws IOException;
  }

  /** Runs a stage from its settings. */
  @FunctionalInterface
  private interface Runner<S> {
    void run(S settings) throws IOException;
  }

  private record Kind<S extends Record>(Class<S> type, Runner<S> runner) {}

  private static final Map<String, Kind<?>> KINDS = kinds();
  private static final String OUTPUT = "output";
  private static final String RESUME = "resume";

  /** Settings of a stage that are the pipeline's to say. */
  static final List<String> FIXED = List.of(OUTPUT, RESUME);

  private static final Set<String> OWN = Set.of("name", "stage");

  private static Map<String, Kind<?>> kinds() {
    Map<String, Kind<?>> kinds = new LinkedHashMap<>();
    kinds.put("sft", new Kind<>(SftConfig.class, SftStage::run));
    kinds.put("reward", new Kind<>(RewardConfig.class, RewardStage::run));
    kinds.put("ppo", new Kind<>(PpoConfig.class, PpoStage::run));
    kinds.put("grpo", new Kind<>(GrpoConfig.class, GrpoStage::run));
    return kinds;
  }

  /** What each kind of stage takes. */
  static Map<String, Settings<?>> settingsByKind() {
    Map<String, Settings<?>> settings = new LinkedHashMap<>();
    KINDS.forEach((name, kind) -> settings.put(name, Settings.of(kind.type())));
    return settings;
  }

  /**
   * Binds a stage of a pipeline file.
   *
   * @param written the stage's mapping, the pipeline's common settings filled in
   * @param base the folder that relative paths start from
   * @param folders the run directories of the stages before, by name
   * @param output this stage's run directory
   */
  static PipelineStage of(
      Written.Mapping written, Path base, Map<String, Path> folders, Path output) {
    Written.Scalar kind = text(written, "stage");
    Kind<?> known = KINDS.get(kind.text());
    if (known == null) {
      throw new UsageException(
          "%s: unknown stage '%s'; did you mean '%s'? Stages are %s"
              .formatted(
                  kind.where(),
                  kind.text(),
                  NearestName.of(kind.text(), KINDS.keySet()).orElseThrow(),
                  String.join(", ", KINDS.keySet())));
    }
    try {
      return bind(known, written, base, folders, output);
    } catch (UsageException e) {
      throw located(e, written);
    }
  }

  /** A refusal that names no place of its own gets the stage's. */
  private static UsageException located(UsageException refusal, Written.Mapping stage) {
    String file = stage.where().replaceFirst(":\\d+:\\d+$", "");
    String message = refusal.getMessage();
    if (message.startsWith(file + ":")) {
      return refusal;
    }
    String name = text(stage, "name").text();
    return new UsageException(stage.where() + ": stage '" + name + "': " + message, refusal);
  }

  private static <S extends Record> PipelineStage bind(
      Kind<S> kind, Written.Mapping written, Path base, Map<String, Path> folders, Path output) {
    Settings<S> settings = Settings.of(kind.type());
    for (String fixed : FIXED) {
      Written.Entry entry = written.entries().get(fixed);
      if (entry != null) {
        throw new UsageException(
            entry.where() + ": a stage's '" + fixed + "' is the pipeline's to say; leave it out");
      }
    }
    requireAll(settings, written);
    List<Path> inputs = new ArrayList<>();
    Written.Mapping bound = resolved(settings, written, base, folders, inputs);
    S values = settings.bind(bound, Map.of(OUTPUT, List.of(output.toString())));
    Work work =
        resume -> {
          List<String> folder = List.of(output.toString());
          List<String> goesOn = List.of(Boolean.toString(resume));
          kind.runner().run(settings.bind(bound, Map.of(OUTPUT, folder, RESUME, goesOn)));
          Report.ofRun(output);
        };
    return new PipelineStage(
        text(written, "name").text(),
        SettingsYaml.write(settings, values),
        settings.group(values, MachineSettings.class).orElseThrow(),
        List.copyOf(inputs),
        work);
  }

  private static <S extends Record> void requireAll(Settings<S> settings, Written.Mapping written) {
    List<String> missing =
        settings.specs().stream()
            .filter(spec -> spec.required() && !spec.name().equals(OUTPUT))
            .map(SettingSpec::name)
            .filter(name -> !written.entries().containsKey(name))
            .toList();
    if (!missing.isEmpty()) {
      throw new UsageException("needs " + String.join(", ", missing));
    }
  }

  /** The stage's own settings alone, with every path made whole; adds the paths to the inputs. */
  private static <S extends Record> Written.Mapping resolved(
      Settings<S> settings,
      Written.Mapping written,
      Path base,
      Map<String, Path> folders,
      List<Path> inputs) {
    Written.Mapping resolved = written;
    for (String own : OWN) {
      resolved = resolved.without(own);
    }
    for (SettingSpec spec : settings.specs()) {
      Written.Entry entry = written.entries().get(spec.name());
      if (entry != null && spec.valueType() == Path.class) {
        resolved = resolved.with(spec.name(), paths(spec, entry.value(), base, folders, inputs));
      } else if (entry != null && spec.valueType() == WeightedProgram.class) {
        resolved =
            resolved.with(spec.name(), PipelineRewards.resolved(entry.value(), base, inputs));
      }
    }
    return resolved;
  }

  /** Paths relative to the pipeline file made whole, and {@code {from: STAGE}} its folder. */
  private static Written paths(
      SettingSpec spec, Written value, Path base, Map<String, Path> folders, List<Path> inputs) {
    if (value instanceof Written.Sequence sequence) {
      List<Written> items =
          sequence.items().stream().map(item -> paths(spec, item, base, folders, inputs)).toList();
      return new Written.Sequence(items, sequence.where());
    }
    if (value instanceof Written.Mapping mapping) {
      Path folder = earlier(text(mapping, "from"), folders);
      inputs.add(folder.resolve("model"));
      return new Written.Scalar(folder.toString(), mapping.where());
    }
    if (value instanceof Written.Scalar scalar) {
      Path path = path(spec, scalar, base);
      inputs.add(path);
      return new Written.Scalar(path.toString(), scalar.where());
    }
    return value;
  }

  private static Path path(SettingSpec spec, Written.Scalar written, Path base) {
    Path path = base.resolve(written.text()).normalize();
    if (Files.exists(path)) {
      return path;
    }
    Path given = Path.of(written.text());
    Path local = HubPaths.ofProcess().local(spec, given);
    if (local.equals(given)) {
      throw new UsageException(
          "%s: %s: no such file or folder; a path is relative to the pipeline file"
              .formatted(written.where(), path));
    }
    return local;
  }

  private static Path earlier(Written.Scalar from, Map<String, Path> folders) {
    Path folder = folders.get(from.text());
    if (folder == null) {
      String hint =
          NearestName.of(from.text(), folders.keySet())
              .map(nearest -> "; did you mean '" + nearest + "'?")
              .orElse("; this is the first, and stages run in the file's order");
      throw new UsageException(
          from.where() + ": no stage '" + from.text() + "' before this one" + hint);
    }
    return folder;
  }

  /** A scalar that must be there. */
  static Written.Scalar text(Written.Mapping mapping, String key) {
    Written.Entry entry = mapping.entries().get(key);
    if (entry == null || !(entry.value() instanceof Written.Scalar scalar)) {
      throw new UsageException(mapping.where() + ": '" + key + ": …' is missing");
    }
    return scalar;
  }
}
